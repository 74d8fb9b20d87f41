namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of one operand on a GPU.</summary>
internal abstract class GpuMap
{
}

/// <inheritdoc/>
internal sealed class GpuMap<TOp>(TOp op) : GpuMap
    where TOp : unmanaged, IMapOp<float>
{
    public TOp Op => op;
}

/// <summary>An element-wise function of two operands on a GPU.</summary>
internal abstract class GpuZip
{
}

/// <inheritdoc/>
internal sealed class GpuZip<TOp>(TOp op) : GpuZip
    where TOp : unmanaged, IZipOp<float>
{
    public TOp Op => op;
}
