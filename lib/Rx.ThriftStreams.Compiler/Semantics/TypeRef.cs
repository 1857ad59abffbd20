namespace Rx.ThriftStreams.Compiler.Semantics;

internal enum TypeKind : byte
{
    Error,
    Bool,
    Byte,
    I16,
    I32,
    I64,
    Double,
    String,
    Utf8String,
    Binary,
    PooledBinary,
    Uuid,
    Enum,
    Struct,
    List,
    Set,
    Map,
}

/// <summary>A type with typedefs resolved.</summary>
internal sealed class TypeRef
{
    public static readonly TypeRef Error = new(TypeKind.Error);
    public static readonly TypeRef Bool = new(TypeKind.Bool);
    public static readonly TypeRef Byte = new(TypeKind.Byte);
    public static readonly TypeRef I16 = new(TypeKind.I16);
    public static readonly TypeRef I32 = new(TypeKind.I32);
    public static readonly TypeRef I64 = new(TypeKind.I64);
    public static readonly TypeRef Double = new(TypeKind.Double);
    public static readonly TypeRef String = new(TypeKind.String);
    /// <summary>A <c>string</c> that C# keeps as UTF-8, by annotation.</summary>
    public static readonly TypeRef Utf8String = new(TypeKind.Utf8String);
    public static readonly TypeRef Binary = new(TypeKind.Binary);
    /// <summary>A <c>binary</c> whose memory its receiver returns to a pool, by annotation.</summary>
    public static readonly TypeRef PooledBinary = new(TypeKind.PooledBinary);
    public static readonly TypeRef Uuid = new(TypeKind.Uuid);

    private readonly EnumSymbol? _enum;
    private readonly StructSymbol? _struct;
    private readonly TypeRef? _key;
    private readonly TypeRef? _element;

    private TypeRef(TypeKind kind, EnumSymbol? @enum = null, StructSymbol? @struct = null, TypeRef? key = null, TypeRef? element = null)
    {
        Kind = kind;
        _enum = @enum;
        _struct = @struct;
        _key = key;
        _element = element;
        Size = 1 + (key?.Size ?? 0) + (element?.Size ?? 0);
    }

    public TypeKind Kind { get; }

    /// <summary>The number of types that it consists of.</summary>
    public int Size { get; }

    public EnumSymbol Enum => _enum!;

    public StructSymbol Struct => _struct!;

    /// <summary>The key of a map.</summary>
    public TypeRef Key => _key!;

    /// <summary>The element of a list or set, the value of a map.</summary>
    public TypeRef Element => _element!;

    public bool IsContainer => Kind is TypeKind.List or TypeKind.Set or TypeKind.Map;

    /// <summary>Whether the C# type is a value type.</summary>
    public bool IsValueType => Kind is >= TypeKind.Bool and <= TypeKind.Double or TypeKind.Utf8String or TypeKind.Binary or TypeKind.PooledBinary or TypeKind.Uuid or TypeKind.Enum;

    public static TypeRef Of(EnumSymbol symbol) => new(TypeKind.Enum, symbol);

    public static TypeRef Of(StructSymbol symbol) => new(TypeKind.Struct, null, symbol);

    public static TypeRef List(TypeRef element) => new(TypeKind.List, null, null, null, element);

    public static TypeRef Set(TypeRef element) => new(TypeKind.Set, null, null, null, element);

    public static TypeRef Map(TypeRef key, TypeRef value) => new(TypeKind.Map, null, null, key, value);

    /// <summary>A base type by its IDL name, or <see langword="null"/>.</summary>
    public static TypeRef? Base(string name) => name switch
    {
        "bool" => Bool,
        "byte" or "i8" => Byte,
        "i16" => I16,
        "i32" => I32,
        "i64" => I64,
        "double" => Double,
        "string" => String,
        "binary" => Binary,
        _ => null,
    };

    /// <summary>The type in IDL.</summary>
    public override string ToString() => Kind switch
    {
        TypeKind.Enum => Enum.Name,
        TypeKind.Struct => Struct.Name,
        TypeKind.List => $"list<{Element}>",
        TypeKind.Set => $"set<{Element}>",
        TypeKind.Map => $"map<{Key}, {Element}>",
        TypeKind.Utf8String => "string",
        TypeKind.PooledBinary => "binary",
        TypeKind.Error => "?",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
