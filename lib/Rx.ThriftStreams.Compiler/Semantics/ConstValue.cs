using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>A constant as a value of its type.</summary>
internal abstract record ConstValue;

internal sealed record BoolConst(bool Value) : ConstValue;

/// <summary>A byte, i16, i32 or i64, depending on the type.</summary>
internal sealed record IntConst(long Value) : ConstValue;

internal sealed record DoubleConst(double Value) : ConstValue;

/// <summary>A string or binary.</summary>
internal sealed record StringConst(string Value) : ConstValue;

internal sealed record UuidConst(Guid Value) : ConstValue;

/// <summary>A value of an enum; without a member for an undeclared number.</summary>
internal sealed record EnumConst(EnumSymbol Enum, EnumMemberSymbol? Member, int Value) : ConstValue;

/// <summary>A list or set.</summary>
internal sealed record ListConst(IReadOnlyList<ConstValue> Elements) : ConstValue;

internal sealed record MapConst(IReadOnlyList<KeyValuePair<ConstValue, ConstValue>> Pairs) : ConstValue;

internal sealed record StructConst(StructSymbol Struct, IReadOnlyList<KeyValuePair<FieldSymbol, ConstValue>> Fields) : ConstValue;
