// Random documents that are valid under a schema: selections, arguments, variables, fragments, directives.
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

const DEEPEST = 5;

/** One document: { text, variables, operationName }. */
export function validDocument(schema, random) {
  return new Writer(schema, random).document();
}

class Writer {
  constructor(schema, random) {
    Object.assign(this, { schema, random, fragments: [], aliases: 0, pieces: 0 });
  }

  document() {
    const { random } = this;
    const count = random.chance(0.15) ? 2 : 1;
    const operations = [];
    let chosen;
    for (let place = 0; place < count; place += 1) {
      this.variables = new Map();
      const mutation = random.chance(0.1) && this.schema.getMutationType();
      const root = mutation || this.schema.getQueryType();
      const body = this.selection(root, mutation ? DEEPEST - 2 : 0);
      const named = count > 1 || random.chance(0.5) || this.variables.size > 0;
      const declared = [...this.variables].map(([name, { type, standard }]) => {
        return `$${name}: ${type}${standard === undefined ? '' : ` = ${standard}`}`;
      });
      const list = declared.length ? `(${declared.join(random.of([', ', ' ']))})` : '';
      const keyword = mutation ? 'mutation' : 'query';
      const head = named || mutation ? `${keyword} ${named ? `Q${place}` : ''}${list} ` : '';
      operations.push(head + body);
      chosen ??= { operationName: named ? `Q${place}` : undefined, variables: this.values() };
    }
    const pieces = [...operations, ...this.fragments];
    return { text: pieces.join(random.of(['\n', ' ', ' # a comment\n'])), ...chosen };
  }

  selection(type, depth) {
    const { random } = this;
    this.pieces += 1;
    const items = [];
    const fields = isObjectType(type) || type.getFields ? Object.values(type.getFields()) : [];
    const usable = fields.filter((field) => depth < DEEPEST || !isCompositeType(getNamedType(field.type)));
    const most = depth === 0 ? 2 : this.pieces > 12 ? 1 : 4;
    if (usable.length) for (const field of random.some(usable, most)) items.push(this.field(field, depth));
    if (random.chance(0.15)) items.push('__typename');
    if (depth > 0 && depth < DEEPEST && random.chance(0.2)) items.push(this.inline(type, depth));
    if (depth > 0 && depth < DEEPEST && random.chance(0.15)) items.push(this.spread(type, depth));
    if (depth === 0 && type === this.schema.getQueryType() && random.chance(0.08)) items.push(this.introspection());
    if (items.length === 0) items.push('__typename');
    if (random.chance(0.05) && !items[0].includes('(')) items.push(items[0]);
    return `{ ${items.join(random.of([' ', '\n  ', ', ']))} }`;
  }

  field(field, depth) {
    const { random } = this;
    const type = getNamedType(field.type);
    const given = field.args.filter((arg) => isRequiredArgument(arg) || random.chance(0.3));
    const args = given.map((arg) => `${arg.name}: ${this.argument(arg)}`);
    // Fields with arguments get a name of their own, so that two of them never stand under one.
    const alias = this.aliases < 20 && (args.length || random.chance(0.05)) ? `a${(this.aliases += 1)}: ` : '';
    const list = args.length ? `(${args.join(random.of([', ', ' ']))})` : '';
    const below = isCompositeType(type) ? ` ${this.selection(type, depth + 1)}` : '';
    return `${alias}${field.name}${list}${this.directive()}${below}`;
  }

  directive() {
    if (!this.random.chance(0.05)) return '';
    const value = this.random.chance(0.5) ? `$${this.variable('Boolean!', true)}` : 'true';
    return ` @${this.random.of(['include', 'skip'])}(if: ${value})`;
  }

  narrower(type) {
    const possible = this.schema.getPossibleTypes && !isObjectType(type) ? this.schema.getPossibleTypes(type) : [];
    return possible.length && this.random.chance(0.8) ? this.random.of(possible) : type;
  }

  inline(type, depth) {
    const inside = this.narrower(type);
    const condition = inside === type && this.random.chance(0.4) ? '' : ` on ${inside.name}`;
    return `...${condition}${this.directive()} ${this.selection(inside, depth + 1)}`;
  }

  spread(type, depth) {
    const inside = this.narrower(type);
    const name = `F${this.fragments.length}`;
    const place = this.fragments.push('') - 1;
    // A fragment is written without variables: two operations may use it.
    this.fragments[place] = `fragment ${name} on ${inside.name} ${this.withoutVariables(() => this.selection(inside, depth + 1))}`;
    return `...${name}${this.directive()}`;
  }

  withoutVariables(write) {
    const outer = this.literalsOnly;
    this.literalsOnly = true;
    const written = write();
    this.literalsOnly = outer;
    return written;
  }

  introspection() {
    return this.random.of([
      '__schema { queryType { name fields { name type { kind ofType { name } } } } }',
      '__type(name: "Patient") { name kind fields(includeDeprecated: true) { name args { name defaultValue } } }',
      '__schema { directives { name locations isRepeatable args { name } } }',
    ]);
  }

  argument(arg) {
    if (!this.literalsOnly && this.random.chance(0.35)) {
      return `$${this.variable(String(arg.type), false, arg.type)}`;
    }
    return this.literal(arg.type, arg.name);
  }

  variable(type, isBoolean, of) {
    const name = `v${this.variables.size}`;
    const standard = this.random.chance(0.3) ? (isBoolean ? 'true' : this.constant(of)) : undefined;
    this.variables.set(name, { type, standard, isBoolean, of });
    return name;
  }

  constant(type) {
    return this.withoutVariables(() => this.literal(type));
  }

  literal(type, name) {
    const { random } = this;
    // What has a name may not be null, or had better not be.
    if (isNonNullType(type)) return this.literal(type.ofType, name ?? 'needed');
    if (!name && random.chance(0.2)) return 'null';
    if (isListType(type)) {
      if (random.chance(0.2)) return this.literal(type.ofType, name ?? 'item');
      return `[${Array.from({ length: random.below(3) }, () => this.literal(type.ofType, 'item')).join(', ')}]`;
    }
    if (isEnumType(type)) return random.of(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field) || random.chance(0.3));
      return `{${fields.map((field) => `${field.name}: ${this.literal(field.type, field.name)}`).join(', ')}}`;
    }
    return {
      Int: () => String(1 + random.below(20)),
      Float: () => random.of(['1.5', '2', '1e3']),
      Boolean: () => random.of(['true', 'false']),
      ID: () => random.of(['"AQ"', '"nobody"', '7', '""']),
    }[type.name]?.() ?? random.of(['"abc"', '"a \\u00e9\\n\\"b"', '"""block "quoted" \\""" end"""', '""']);
  }

  /** A value for each variable that needs one, as JSON. */
  values() {
    const values = {};
    for (const [name, { type, standard, isBoolean, of }] of this.variables) {
      if (!type.endsWith('!') && this.random.chance(0.3)) continue;
      if (standard !== undefined && this.random.chance(0.5)) continue;
      values[name] = isBoolean ? true : this.json(of);
    }
    return values;
  }

  json(type) {
    const { random } = this;
    if (isNonNullType(type)) return this.json(type.ofType);
    if (isListType(type)) return random.chance(0.2) ? this.json(type.ofType) : [this.json(type.ofType)];
    if (isEnumType(type)) return random.of(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field));
      return Object.fromEntries(fields.map((field) => [field.name, this.json(field.type)]));
    }
    return { Int: random.of([5, 1.0]), Float: 1.5, Boolean: true, ID: random.of(['AQ', 7]) }[type.name] ?? 'abc';
  }
}
