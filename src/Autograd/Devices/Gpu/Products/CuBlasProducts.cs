using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ResearchFreeze.Autograd;

/// <summary>cuBLAS of CUDA 11 or 12, through ILGPU.Algorithms, in order with the device's work. Opt-in: what it computes is another library's, and needs one installed.</summary>
internal sealed class CuBlasProducts : IDisposable
{
    private readonly CuBlas cuBlas;

    /// <summary>Loads the library.</summary>
    /// <exception cref="DeviceUnavailableException">It is not there, or of a version that ILGPU does not know.</exception>
    public CuBlasProducts(CudaAccelerator accelerator, AcceleratorStream stream)
    {
        try
        {
            cuBlas = new CuBlas(accelerator) { Stream = (CudaStream)stream };
        }
        catch (Exception e)
        {
            throw new DeviceUnavailableException($"cuBLAS was asked for and could not be loaded ({e.Message.ReplaceLineEndings(" ")}); CUDA 11's and 12's are understood.");
        }
    }

    /// <summary>C ← op(A)·op(B) + beta·C.</summary>
    public void Multiply(in GemmShape shape, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, float beta)
    {
        CuBlasCall call = CuBlasCall.Of(shape);
        cuBlas.Gemm(Operation(call.TransposeFirst), Operation(call.TransposeSecond), call.M, call.N, call.K, 1f, b, call.LeadingFirst, a, call.LeadingSecond, beta, c, call.LeadingC);
    }

    /// <inheritdoc/>
    public void Dispose() => cuBlas.Dispose();

    private static CuBlasOperation Operation(bool transpose) => transpose ? CuBlasOperation.Transpose : CuBlasOperation.NonTranspose;
}
