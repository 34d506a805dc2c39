//! What people are called. Names are common ones, put together at random.

/// Given names of women.
#[rustfmt::skip] // Many to a line.
pub(crate) const WOMEN: [&str; 72] = [
    "Abigail", "Adriana", "Agnes", "Aisha", "Alice", "Amara", "Amelia", "Ana", "Andrea", "Angela",
    "Anika", "Anne-Marie", "Beatriz", "Bianca", "Bronwyn", "Camila", "Carmen", "Catherine", "Chloé",
    "Clara", "Dalia", "Deborah", "Diana", "Dolores", "Edith", "Eleanor", "Elena", "Emilia",
    "Esther", "Eva", "Fatima", "Fiona", "Gabriela", "Grace", "Hannah", "Helen", "Imani", "Inés",
    "Ingrid", "Irene", "Isabel", "Ivy", "Jasmine", "Joan", "Judith", "Julia", "Karen", "Keiko",
    "Laila", "Laura", "Leticia", "Lucía", "Mai", "Margaret", "Mariana", "Maya", "Mei", "Mónica",
    "Nadia", "Naomi", "Noor", "Olga", "Patricia", "Priya", "Rosa", "Ruth", "Sofía", "Susan",
    "Tamika", "Thuy", "Yolanda", "Zoë",
];

/// Given names of men.
#[rustfmt::skip] // Many to a line.
pub(crate) const MEN: [&str; 72] = [
    "Aaron", "Abdul", "Adrián", "Ahmed", "Alan", "Andre", "Andrés", "Anthony", "Arjun", "Arthur",
    "Benjamin", "Bruno", "Caleb", "Carlos", "Cedric", "Charles", "Daniel", "Darnell", "David",
    "Diego", "Dmitri", "Edward", "Elijah", "Emmanuel", "Eric", "Ernesto", "Felix", "Francis",
    "Frank", "George", "Gerald", "Hector", "Henry", "Hiroshi", "Hugo", "Ian", "Isaac", "Ivan",
    "Jamal", "James", "Javier", "Jean-Paul", "Joaquín", "John", "Jorge", "José", "Joseph", "Karim",
    "Kenneth", "Kwame", "Lamar", "Leon", "Louis", "Luis", "Malik", "Manuel", "Marcus", "Martín",
    "Michael", "Minh", "Nathan", "Omar", "Oscar", "Patrick", "Peter", "Rafael", "Raúl", "Robert",
    "Samuel", "Thomas", "Victor", "Walter",
];

/// Family names.
#[rustfmt::skip] // Many to a line.
pub(crate) const FAMILIES: [&str; 120] = [
    "Abernathy", "Adeyemi", "Aguilar", "Almeida", "Alvarez", "Andersen", "Archer", "Baker",
    "Baptiste", "Barnes", "Bauer", "Becker", "Bell", "Bergström", "Bianchi", "Blake", "Boateng",
    "Bouchard", "Brennan", "Brooks", "Byrne", "Cabral", "Calloway", "Campbell", "Cardoso", "Carver",
    "Castellano", "Chandra", "Chen", "Clarke", "Cohen", "Coleman", "Connolly", "Côté", "D'Angelo",
    "Dawson", "De la Cruz", "Delgado", "Diallo", "Dominguez", "Doyle", "Dubois", "Eberhardt",
    "Ellison", "Espinoza", "Farrell", "Feldman", "Fernández", "Figueroa", "Fischer", "Fitzgerald",
    "Flores", "Forsyth", "Fujimoto", "Gallagher", "García-López", "Gibson", "Goldberg", "González",
    "Graham", "Gupta", "Haddad", "Hansen", "Hartley", "Hassan", "Hernández", "Hoffmann", "Holloway",
    "Ibrahim", "Iglesias", "Ivanova", "Jackson", "Jiménez", "Johansson", "Kaplan", "Kaur", "Keller",
    "Kim", "Kowalski", "Lambert", "Larsen", "Lefèvre", "Lopes", "MacKenzie", "Mahoney", "Marchetti",
    "Mbeki", "McAllister", "Medina", "Mendoza", "Mitchell", "Morales", "Müller", "Nakamura",
    "Ndiaye", "Nguyen", "Novak", "Núñez", "O'Brien", "O'Connor", "O'Malley", "Okafor", "Olsen",
    "Ortega", "Osei", "Park", "Pereira", "Petrov", "Quinn", "Ramírez", "Reyes", "Rossi",
    "Saint-Pierre", "Schröder", "Silva", "Smith-Jones", "Strand", "Tanaka", "Thompson",
    "Washington",
];

/// Writes a name as a system does that knows no accents.
pub(crate) fn without_accents(name: &str) -> String {
    name.chars().map(plain).collect()
}

/// Writes a name as a system does that knows no punctuation either.
pub(crate) fn without_punctuation(name: &str) -> String {
    without_accents(name).replace('\'', "").replace('-', " ")
}

fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'ö' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_spellings_are_plain() {
        assert_eq!(without_accents("Hernández"), "Hernandez");
        assert_eq!(without_punctuation("García-López"), "Garcia Lopez");
        assert_eq!(without_punctuation("O'Brien"), "OBrien");
        assert!(
            WOMEN.iter().chain(&MEN).chain(&FAMILIES).all(|name| without_accents(name).is_ascii())
        );
    }
}
