//! With and without copies the same is shown to everybody: whoever asks before, in whatever role, about whomever, and
//! whatever patients decide in between.

mod chart;
mod few;
mod many;
mod stage;

use caregraph_sandbox::Role;

/// Those whose answers are compared.
const ROLES: [Role; 8] = [
    Role::PrimaryCare,
    Role::Coordinator,
    Role::Specialist,
    Role::Pharmacist,
    Role::CommunityWorker,
    Role::Patient,
    Role::Caregiver,
    Role::Admin,
];
