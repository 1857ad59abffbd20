namespace csharp Demo.Unions

struct Leaf { 1: required i64 value }

/** A tree. */
union Tree {
    /** The end. */
    1: Leaf leaf,
    2: list<Tree> nodes,
    3: binary raw,
    4: string text,
    5: bool flag,
    6: map<string, Tree> named,
}

union Empty {}

struct Holder {
    1: Tree tree,
    2: optional Tree maybe_tree,
    3: required Tree needed_tree,
    4: Leaf leaf,
    5: optional Leaf maybe_leaf,
    6: list<Tree> trees,
    7: optional Empty empty,
}
