//! The same promises on PostgreSQL.

use super::world::{MRN, World, entry, groups};
use super::{administration, change, circle, keeper, looked_up, lookup, random, rules};
use crate::identity::intake::take_in;
use crate::identity::{IndexError, SourceId};
use crate::store::testing::Postgres;

#[test]
fn every_promise_holds_on_postgres() {
    let Some(server) = Postgres::start() else { return };
    server.run(&[
        administration::a_removed_link_stays_removed,
        administration::a_younger_record_that_is_taken_out_has_its_own_id_again,
        administration::the_id_stays_with_the_rest_when_the_eldest_record_is_taken_out,
        administration::links_are_listed_page_by_page,
        administration::only_links_can_be_removed,
        change::a_link_that_becomes_ambiguous_breaks_and_heals,
        change::an_id_survives_new_records_and_absorbed_ids_resolve,
        change::nothing_is_linked_or_shown_before_a_source_is_read_through,
        change::the_id_of_a_retired_record_leads_to_who_is_left,
        circle::a_circle_changes_no_answer,
        keeper::a_first_reading_that_was_broken_off_is_done_again,
        one_node_reads_for_all,
        keeper::a_full_reading_retires_who_has_vanished,
        keeper::two_rosters_are_read_and_linked,
        looked_up::a_source_that_begins_or_ceases_to_list_its_patients_starts_anew,
        looked_up::an_identifier_counts_that_another_source_lists,
        looked_up::any_node_may_link_and_unlink,
        looked_up::of_somebody_else_nothing_is_kept,
        looked_up::whom_a_source_found_is_linked_at_once_and_forgotten_again,
        lookup::find_works_for_every_identifier_of_an_active_record,
        lookup::search_finds_starts_of_names_and_birth_dates,
        lookup::search_pages_without_gap_or_repetition,
        random::changes_end_where_a_reading_from_scratch_ends,
        random::separated_records_never_meet_again,
        rules::an_identifier_borne_twice_in_a_source_links_nobody_there,
    ]);
}

/// Not a test of its own: on SQLite there is but one node.
fn one_node_reads_for_all() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new(&["a"]).await;
        let other = World::beside(&world).await;
        let fake = keeper::Fake::of(vec![entry("1").bears(MRN, "7")]);
        let first = keeper::keep(&world, "a", &fake, keeper::pace());
        keeper::until("read by one", || async { world.index.complete() }).await;
        let _second = keeper::keep(&other, "a", &fake, keeper::pace());
        keeper::until("seen by the other", || async { other.index.complete() }).await;
        assert_eq!(other.groups().await, groups("a/1"));
        assert!(matches!(
            take_in(&other.index.core, &SourceId::new("a"), Vec::new()).await,
            Err(IndexError::NotKeeper)
        ));
        drop(first);
        world.index.hand_over().await.unwrap();
        fake.put(entry("2"));
        keeper::until("read by the other", || async { other.groups().await == groups("a/1, a/2") })
            .await;
    });
}
