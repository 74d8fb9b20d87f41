using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Matrix products; see CpuGemm.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void GemmCore(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta, TensorRange? bias, Activation activation)
    {
        gemm.Multiply(shape, Reals(a), Reals(b), Reals(c), beta, Reals(bias), activation, Unsafe.As<CpuStorage>(b.Storage).Packed, b.Storage.Version);
    }
}
