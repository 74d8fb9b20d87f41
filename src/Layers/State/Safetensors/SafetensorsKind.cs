namespace ResearchFreeze.Layers;

/// <summary>What an entry's elements are.</summary>
internal enum SafetensorsKind
{
    /// <summary>F16, BF16, F32 or F64.</summary>
    Reals,

    /// <summary>Signed or not, and truth values.</summary>
    Integers,

    /// <summary>U8: UTF-8.</summary>
    Text,

    /// <summary>A type that this library does not read: kept as bytes.</summary>
    Unread,
}
