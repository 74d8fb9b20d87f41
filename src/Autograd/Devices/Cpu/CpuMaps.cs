namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of one operand on the CPU.</summary>
internal abstract class CpuMap
{
}

/// <inheritdoc/>
internal sealed class CpuMap<TOp>(TOp op) : CpuMap
    where TOp : unmanaged, IMapOp<float>
{
    public TOp Op => op;
}

/// <summary>An element-wise function of two operands on the CPU.</summary>
internal abstract class CpuZip
{
}

/// <inheritdoc/>
internal sealed class CpuZip<TOp>(TOp op) : CpuZip
    where TOp : unmanaged, IZipOp<float>
{
    public TOp Op => op;
}
