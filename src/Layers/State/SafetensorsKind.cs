namespace ResearchFreeze.Layers;

/// <summary>What an entry's elements are.</summary>
internal enum SafetensorsKind
{
    /// <summary>F32 or F64.</summary>
    Reals,

    /// <summary>I32 or I64.</summary>
    Integers,

    /// <summary>U8: UTF-8.</summary>
    Text,
}
