namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of two operands, ready to run on every device.</summary>
public sealed class ZipKernel
{
    private ZipKernel(string name, ReferenceZip reference, CpuZip cpu, GpuZip gpu)
    {
        Name = name;
        Reference = reference;
        Cpu = cpu;
        Gpu = gpu;
    }

    /// <summary>The operation's name, for messages.</summary>
    public string Name { get; }

    internal ReferenceZip Reference { get; }

    internal CpuZip Cpu { get; }

    internal GpuZip Gpu { get; }

    /// <summary>Makes the kernel from the formula's two forms, where CPU and GPU share the float one.</summary>
    public static ZipKernel Of<TReference, TSingle>(string name, TReference reference, TSingle single)
        where TReference : unmanaged, IZipOp<double>
        where TSingle : unmanaged, IZipOp<float> => Of(name, reference, single, single);

    /// <summary>Makes the kernel from the formula's three forms.</summary>
    public static ZipKernel Of<TReference, TCpu, TGpu>(string name, TReference reference, TCpu cpu, TGpu gpu)
        where TReference : unmanaged, IZipOp<double>
        where TCpu : unmanaged, IZipOp<float>
        where TGpu : unmanaged, IZipOp<float> =>
        new(name, new ReferenceZip<TReference>(reference), new CpuZip<TCpu>(cpu), new GpuZip<TGpu>(gpu));
}
