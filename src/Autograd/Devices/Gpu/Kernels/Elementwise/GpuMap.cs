namespace ResearchFreeze.Autograd;

// One of these exists for every operation from the start, on every machine: neither fields nor constructors touch an ILGPU type, so that ILGPU is loaded
// with the first GPU device only.

/// <summary>An element-wise function of one operand on a GPU.</summary>
internal abstract class GpuMap
{
    public abstract void Launch(GpuDevice device, TensorRange x, TensorRange y, float beta);

    public abstract void LaunchBackward(GpuDevice device, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta);
}

/// <inheritdoc/>
internal sealed class GpuMap<TOp>(TOp op) : GpuMap
    where TOp : unmanaged, IMapOp<float>
{
    public override void Launch(GpuDevice device, TensorRange x, TensorRange y, float beta) => device.LaunchMap(op, x, y, beta);

    public override void LaunchBackward(GpuDevice device, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta) =>
        device.LaunchMapBackward(op, x, y, dy, dx, beta);
}
