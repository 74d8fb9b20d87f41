namespace ResearchFreeze.Autograd;

/// <summary>The width of the CPU device's matrix products. Results are the same bit for bit for any number of threads, at one level.</summary>
public enum SimdLevel
{
    /// <summary>Four floats: any processor .NET runs on.</summary>
    Vector128,

    /// <summary>Eight floats and fused multiply-add.</summary>
    Avx2,

    /// <summary>Sixteen floats and 32 registers.</summary>
    Avx512,
}
