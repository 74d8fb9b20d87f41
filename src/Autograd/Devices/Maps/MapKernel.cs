namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of one operand, ready to run on every device: the same struct formula closed over each device's types.</summary>
public sealed class MapKernel
{
    private MapKernel(string name, MapUse derivativeUses, ReferenceMap reference, CpuMap cpu, GpuMap gpu)
    {
        Name = name;
        DerivativeUses = derivativeUses;
        Reference = reference;
        Cpu = cpu;
        Gpu = gpu;
    }

    /// <summary>The operation's name, for messages.</summary>
    public string Name { get; }

    /// <summary>Which operands the derivative needs.</summary>
    public MapUse DerivativeUses { get; }

    internal ReferenceMap Reference { get; }

    internal CpuMap Cpu { get; }

    internal GpuMap Gpu { get; }

    /// <summary>Makes the kernel from the formula's three forms.</summary>
    public static MapKernel Of<TReference, TCpu, TGpu>(string name, MapUse derivativeUses, TReference reference, TCpu cpu, TGpu gpu)
        where TReference : unmanaged, IMapOp<double>
        where TCpu : unmanaged, IMapOp<float>
        where TGpu : unmanaged, IMapOp<float> =>
        new(name, derivativeUses, new ReferenceMap<TReference>(reference), new CpuMap<TCpu>(cpu), new GpuMap<TGpu>(gpu));
}
