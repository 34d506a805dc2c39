// Ways to break a document: one for each rule of the specification's chapter 5, the grammar, and values of variables.
// Each takes { text, variables, operationName } and makes another; what it makes may still be valid by chance, which the
// oracle says.

const NAME = /[A-Za-z_][A-Za-z0-9_]*/g;

export const WAYS = {
  'an unknown field': (it, random) => insert(it, random, 'nothingLikeThis'),
  'a near miss of a field': (it, random) => replaceName(it, random, /(?<=[{\s])[a-z][A-Za-z]+(?=[\s}])/g, (name) => `${name}x`),
  'an unknown argument': (it, random) => change(it, random, /\(/g, () => '(nothing: 1 '),
  'arguments where none are known': (it, random) => insert(it, random, '__typename(if: true)'),
  'an argument twice': (it, random) => change(it, random, /(?<=\w)\((\w+): (\w+)/g, (all, name, value) => `(${name}: ${value} ${name}: ${value}`),
  'an unknown type of a fragment': (it, random) => change(it, random, /on [A-Z]\w+/g, () => 'on Nothing'),
  'a fragment on a leaf': (it, random) => insert(it, random, '... on DateTime { a }'),
  'a fragment on an input': (it, random) => insert(it, random, '... on ConsentInput { basis }'),
  'a fragment that cannot apply': (it, random) => insert(it, random, '... on CareTeamMember { __typename }'),
  'a fragment on an interface': (it, random) => insert(it, random, '... on Node { id }'),
  'an unknown fragment': (it, random) => insert(it, random, '...Nowhere'),
  'an unused fragment': (it) => append(it, ' fragment Unused on Query { __typename }'),
  'a fragment twice': (it) => append(it, ' fragment F0 on Query { __typename } fragment F0 on Query { __typename }'),
  'a fragment within itself': (it, random) => append(insert(it, random, '...Ring'), ' fragment Ring on Query { ...Ring }'),
  'a ring of fragments': (it) => ({ ...it, operationName: undefined, variables: {}, text: '{ ...A } fragment A on Query { me { role } ...B } fragment B on Query { ...A }' }),
  'an unknown directive': (it, random) => insert(it, random, '__typename @nothing'),
  'a directive of the schema': (it, random) => insert(it, random, '__typename @access(class: PUBLIC)'),
  'a deprecation in a document': (it, random) => insert(it, random, '__typename @deprecated'),
  'a misplaced directive': (it, random) => change(it, random, /^(query|mutation)( \w+)?(?= *\{)/g, (all) => `${all} @skip(if: true)`),
  'a directive twice': (it, random) => insert(it, random, '__typename @skip(if: true) @skip(if: false)'),
  'two directives': (it, random) => insert(it, random, 'b1: __typename @skip(if: false) @include(if: true)'),
  'a directive without its argument': (it, random) => insert(it, random, '__typename @include'),
  'a directive with a wrong argument': (it, random) => insert(it, random, '__typename @include(if: "true")'),
  'a directive with null': (it, random) => insert(it, random, '__typename @include(if: null)'),
  'a directive with one argument more': (it, random) => insert(it, random, '__typename @include(if: true, unless: 1)'),
  'an undeclared variable': (it, random) => insert(it, random, 'b2: __typename @include(if: $undeclared)'),
  'an unused variable': (it) => declare(it, '$unused: Int'),
  'a variable twice': (it) => change1(it, /\(\$v0: ([^$)=]+)/, (all, type) => `($v0: ${type} $v0: ${type}`),
  'a variable of an unknown type': (it) => change1(it, /\$v0: [[\]\w!]+/, () => '$v0: Nothing'),
  'a variable of an output type': (it) => change1(it, /\$v0: [[\]\w!]+/, () => '$v0: Patient'),
  'a variable of another type': (it, random) => change1(it, /\$v0: [[\]\w!]+/, () => `$v0: ${random.of(['Int', 'String', 'Boolean', 'ID', 'Float', 'Role'])}`),
  'a variable that may be null': (it) => change1(it, /(\$v0: [[\]\w!]*)!/, (all, type) => type),
  'a variable that may not be null': (it) => change1(it, /(\$v0: [[\]\w!]*\w)(?=[ ,)])/, (all, type) => `${type}!`),
  'a list as a variable': (it) => change1(it, /\$v0: ([[\]\w!]+)/, (all, type) => `$v0: [${type}]`),
  'a wrong default': (it, random) => change1(it, /(\$v0: [[\]\w!]+)(?=[ ,)])/, (all) => `${all} = ${random.of(['1', '"a"', 'true', 'NOWHERE', 'null', '{a: 1}', '[1]'])}`),
  'a variable in a default': (it) => change1(it, /(\$v0: [[\]\w!]+)(?=[ ,)])/, (all) => `${all} = $v0`),
  'a variable within a list': (it) => alone(it, 'query($a: ID) { nodes(ids: ["AQ", $a]) { id } }', { a: 'AQ' }),
  'a variable within an object': (it, random) => alone(it, `query($a: String${random.of(['', '!', ' = "x"'])}) { patient(identifier: {system: "s", value: $a}) { id } }`, { a: 'x' }),
  'a directive on a variable': (it) => change1(it, /(\$v0: [[\]\w!]+)(?=[ ,)])/, (all) => `${all} @skip(if: true)`),
  'a directive before a default': (it) => alone(it, 'query($a: Int @nothing = 1) { patients(first: $a) { totalCount } }'),
  'a wrong literal': (it, random) => change(it, random, /(?<=\w: )("[^"\\]*"|\d+|true|false)(?=[ ,)}])/g, () => random.of(['1', '1.5', '"a"', 'true', 'null', 'NOWHERE', '[]', '[[1]]', '{}', '{a: 1}', '-1', '2147483648', '-2147483649', '99999999999'])),
  'a large number': (it, random) => alone(it, `{ patients(first: ${random.of(['2147483647', '2147483648', '1e2', '10.0', '-0', '007'])}) { totalCount } }`),
  'a wrong list': (it, random) => alone(it, `{ nodes(ids: ${random.of(['[1, 2]', '[null]', '"AQ"', '[["AQ"]]', 'null', '[true]', '{}', '[1.5]'])}) { id } }`),
  'a wrong input object': (it, random) => alone(it, `{ patient(identifier: ${random.of(['{system: "a"}', '{system: "a", value: null}', '{system: "a", value: "b", more: 1}', '{system: "a", system: "a", value: "b"}', '"a"', '[{system: "a", value: "b"}]', '{}', 'null', '{system: 1, value: "b"}'])}) { id } }`),
  'a wrong word of an enum': (it, random) => alone(it, `mutation { recordConsent(input: {patient: "AQ", basis: "x", decision: ${random.of(['PERMIT', 'permit', '"PERMIT"', 'MAYBE', 'null', 'true', '1'])}${random.of(['', ', labels: HIV', ', labels: [HIV, GOSSIP]', ', labels: null', ', roles: [[ADMIN]]'])}}) { id } }`),
  'a missing argument': (it, random) => alone(it, random.of(['{ node { id } }', '{ nodes { id } }', 'mutation { revokeConsent { id } }', 'mutation { unlinkPatient(link: "a") { __typename } }', '{ __type { name } }'])),
  'a leaf with a selection': (it, random) => insert(it, random, '__typename { a }'),
  'something with none': (it, random) => alone(it, random.of(['{ me }', '{ patients }', '{ sources }', '{ patient(id: "a") { name } }', '{ __schema }'])),
  'an empty selection': (it) => alone(it, '{ me { } }'),
  'fields that cannot be merged': (it, random) =>
    alone(
      it,
      random.of([
        '{ patients(first: 1) { totalCount } patients(first: 2) { totalCount } }',
        '{ a: me { role } a: sources { name } }',
        '{ me { a: role a: subject } }',
        '{ me { ...A ...B } } fragment A on Viewer { x: role } fragment B on Viewer { x: subject }',
        '{ node(id: "a") { ... on Patient { x: id } ... on Source { x: name } } }',
        '{ node(id: "a") { ... on Patient { x: birthDate } ... on Source { x: name } } }',
        '{ node(id: "a") { ... on Patient { x: name { text } } ... on Source { x: name } } }',
        '{ node(id: "a") { ... on Patient { x: links { id } } ... on Source { x: name } } }',
        '{ node(id: "a") { ... on Patient { x: conditions { totalCount } } ... on Goal { x: provenance { records { reference } } } } }',
        '{ node(id: "a") { ... on Patient { x: conditions { y: totalCount } } ... on Goal { x: provenance { y: records { reference } } } } }',
        '{ patients { nodes { conditions(first: 3) { totalCount } ...F } } } fragment F on Patient { conditions { totalCount } }',
        '{ patients { nodes { c: conditions(first: 3) { totalCount } } } patients { nodes { c: conditions(first: 3) { nodes { id } } } } }',
        'query($a: Int, $b: Int) { patients(first: $a) { totalCount } patients(first: $b) { totalCount } }',
        'query($a: Int) { patients(first: $a, search: "x") { totalCount } patients(search: "x", first: $a) { totalCount } }',
        '{ patient(identifier: {system: "a", value: "b"}) { id } patient(identifier: {value: "b", system: "a"}) { id } }',
      ]),
    ),
  'a second operation without a name': (it) => append(it, ' { me { role } }'),
  'operations of one name': (it) => alone(it, 'query A { me { role } } query A { me { role } }', {}, 'A'),
  'a subscription': (it, random) => alone(it, random.of(['subscription { me { role } }', 'subscription S { a b }'])),
  'a definition of a type': (it, random) => append(it, random.of([' type A { a: Int }', ' extend type Query { a: Int }', ' scalar A', ' schema { query: Query }', ' directive @a on FIELD'])),
  'a description': (it, random) => alone(it, random.of(['"for what" query { me { role } }', '"for what" { me { role } }', '{ me { ...A } } """for what""" fragment A on Viewer { role }', 'query("which" $a: Int) { patients(first: $a) { totalCount } }'])),
  'a keyword run together': (it, random) => alone(it, random.of(['queryA { me { role } }', 'query A{me{role}}', '{ me { ...A } } fragmentA on Viewer { role }', '{ me { ... onViewer { role } } }', '{ me { ...on Viewer{ role } } }', '{me{...\non#c\nViewer{role}}}', 'mutationquery { me { role } }'])),
  'empty brackets': (it, random) => alone(it, random.of(['query () { me { role } }', '{ me() { role } }', '{ me { role @include() } }', '{ nodes(ids: []) { id } }', 'query A() { me { role } }'])),
  'a fragment named on': (it) => alone(it, '{ me { ...F } } fragment on on Viewer { role }'),
  'names like words': (it, random) => alone(it, random.of(['query query { me { role } }', '{ true: me { null: role on: role } }', '{ fragment: me { query: role } }', 'query on { me { role } }'])),
  'one character less': (it, random) => cut(it, random.below(it.text.length), 1),
  'some characters less': (it, random) => cut(it, random.below(it.text.length), 1 + random.below(8)),
  'one character more': (it, random) => splice(it, random.below(it.text.length + 1), random.of(['{', '}', '(', ')', '[', ']', ':', '$', '@', '!', '.', '...', '"', '"""', '|', '&', '=', '#', ',', ' ', '\\', '%', '?', '-', '0', 'x', '\u0000', '\u00a0', '\ufeff', 'é', '😀'])),
  'a wrong string': (it, random) => alone(it, `{ patients(search: ${random.of(['"a\\q"', '"a\nb"', '"\\u00zz"', '"\\uD800"', '"\\uD83D\\uDE00"', '"\\u{1F600}"', '"\\u{110000}"', '"\\u{}"', "'a'", '"a', '"""a', '"a\tb"', '"""a\\q"""', '"\\u{0000041}"', '"\\uDE00\\uD83D"'])}) { totalCount } }`),
  'a wrong number': (it, random) => alone(it, `{ patients(first: ${random.of(['01', '1.', '.5', '1x', '+1', '0x1F', '1e', '1_000', '-', '1.5.5', '00', '--1', '1 2'])}) { totalCount } }`),
  'two names for one': (it, random) => change(it, random, NAME, (name) => `${name} ${name}`),
  'another name': (it, random) => change(it, random, NAME, (name) => `${name}${random.of(['X', '_', '1'])}`),
  'a name less': (it, random) => change(it, random, NAME, () => ''),
  'deep introspection of nothing': (it) => alone(it, '{ __schema { types { nothing } } }'),
  'introspection below the root': (it, random) => insert(it, random, '__schema { queryType { name } }'),
  'a wrong value of a variable': (it, random) => withVariable(it, random, random.of([1, 1.5, 'a', true, null, [], [1], {}, { a: 1 }, 2147483648, [[null]]])),
  'no value of a variable': (it, random) => withVariable(it, random, undefined),
  'a variable more': (it) => ({ ...it, variables: { ...it.variables, more: 1 } }),
};

function alone(it, text, variables = {}, operationName = undefined) {
  return { text, variables, operationName };
}

const append = (it, more) => ({ ...it, text: it.text + (it.text.endsWith('\n') ? '' : '\n') + more });

function splice(it, place, more) {
  return { ...it, text: it.text.slice(0, place) + more + it.text.slice(place) };
}

function cut(it, place, length) {
  return { ...it, text: it.text.slice(0, place) + it.text.slice(place + length) };
}

/** Puts a selection at the beginning of some set. */
function insert(it, random, selection) {
  return change(it, random, /\{ (?=[a-z_.])/g, () => `{ ${selection} `);
}

function declare(it, variable) {
  if (/^(query|mutation) \w+ *\(/.test(it.text)) return change1(it, /\(/, () => `(${variable} `);
  return it.text.startsWith('{') ? { ...it, text: `query(${variable}) ${it.text}` } : it;
}

/** Changes one place that a pattern finds; the document as it is when there is none. */
function change(it, random, pattern, by) {
  const found = [...it.text.matchAll(pattern)];
  if (found.length === 0) return it;
  const match = random.of(found);
  const end = match.index + match[0].length;
  return { ...it, text: it.text.slice(0, match.index) + by(...match) + it.text.slice(end) };
}

const replaceName = change;

function change1(it, pattern, by) {
  return { ...it, text: it.text.replace(pattern, by) };
}

function withVariable(it, random, value) {
  const names = Object.keys(it.variables);
  const base = names.length ? it : alone(it, 'query($v0: Int!, $v1: [ID!], $v2: IdentifierInput) { patients(first: $v0) { totalCount } nodes(ids: $v1) { id } patient(identifier: $v2) { id } }', { v0: 1, v1: ['AQ'], v2: null });
  const name = random.of(Object.keys(base.variables));
  return { ...base, variables: { ...base.variables, [name]: value } };
}
