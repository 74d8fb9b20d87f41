namespace ResearchFreeze.Autograd;

/// <summary>What a storage's elements are: the device's real type (float64 on the reference, float32 elsewhere) or int32.</summary>
public enum ElementKind
{
    /// <summary>The device's real type.</summary>
    Real,

    /// <summary>32-bit signed integers (labels, ids).</summary>
    Int32,
}
