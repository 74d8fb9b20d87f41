namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of two operands on a GPU.</summary>
internal abstract class GpuZip
{
    public abstract void Launch(GpuDevice device, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta);
}

/// <inheritdoc/>
internal sealed class GpuZip<TOp>(TOp op) : GpuZip
    where TOp : unmanaged, IZipOp<float>
{
    public override void Launch(GpuDevice device, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta) =>
        device.LaunchZip(op, layout, a, b, y, beta);
}
