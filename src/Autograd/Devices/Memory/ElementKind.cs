namespace ResearchFreeze.Autograd;

/// <summary>What a storage's elements are: the device's real type (float64 on the reference, float32 elsewhere), int32, or bfloat16, in which reals are kept and not computed with.</summary>
public enum ElementKind
{
    /// <summary>The device's real type.</summary>
    Real,

    /// <summary>32-bit signed integers (labels, ids).</summary>
    Int32,

    /// <summary>Reals of two bytes: the upper half of a float32. <see cref="Device.ToBFloat16"/> writes and <see cref="Device.FromBFloat16"/> reads them; operations, copies and downloads ask for that themselves.</summary>
    BFloat16,
}
