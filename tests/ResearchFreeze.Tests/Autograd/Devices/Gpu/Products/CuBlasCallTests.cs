using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What cuBLAS would be asked for, worked out by BLAS's own definition: cuBLAS itself needs a card.</summary>
public sealed class CuBlasCallTests
{
    [Fact]
    public void TheCallMeansTheProduct()
    {
        foreach (bool transposeA in new[] { false, true })
        {
            foreach (bool transposeB in new[] { false, true })
            {
                // Rows longer than what is read of them.
                var shape = new GemmShape(3, 4, 5, transposeA, transposeB, 8, 7, 6, 1, 0, 0, 0);
                double[] a = Numbers(shape.LengthA, 3), b = Numbers(shape.LengthB, 5), c = Numbers(shape.LengthC, 7), expected = [.. c];
                for (int m = 0; m < shape.M; m++)
                {
                    for (int n = 0; n < shape.N; n++)
                    {
                        double sum = 0;
                        for (int k = 0; k < shape.K; k++) sum += a[transposeA ? (k * 8) + m : (m * 8) + k] * b[transposeB ? (n * 7) + k : (k * 7) + n];
                        expected[(m * 6) + n] = sum + (0.5 * c[(m * 6) + n]);
                    }
                }
                Blas(CuBlasCall.Of(shape), b, a, 0.5, c);
                Assert.Equal(expected, c);
            }
        }
    }

    [Theory]
    [InlineData(1, 5, 0f, true, true)]
    [InlineData(1, 5, 1f, false, true)]
    [InlineData(1, 5, 1f, true, false)]          // activation(AB + bias) + C cannot be made from AB + C
    [InlineData(2, 5, 0f, false, false)]
    [InlineData(1, 0, 0f, false, false)]
    public void WhatItCannotDoStaysOurs(int batch, int k, float beta, bool hasEpilogue, bool expected) =>
        Assert.Equal(expected, CuBlasCall.Takes(GemmShape.Of(3, 4, k).Batched(batch, 3 * k, 4 * k, 12), beta, hasEpilogue));

    [Fact]
    public void CuBlasWithoutACardIsOneLine()
    {
        if (GpuDevice.List().Any(device => device.Name.StartsWith("cuda:", StringComparison.Ordinal))) Assert.Skip("there is a CUDA device");
        Assert.DoesNotContain('\n', Assert.Throws<DeviceUnavailableException>(() => GpuDevice.Cuda(0, useCuBlas: true)).Message);
    }

    /// <summary>C ← op(A)·op(B) + beta·C, matrices by columns, as BLAS defines sgemm.</summary>
    private static void Blas(CuBlasCall call, double[] a, double[] b, double beta, double[] c)
    {
        for (int m = 0; m < call.M; m++)
        {
            for (int n = 0; n < call.N; n++)
            {
                double sum = 0;
                for (int k = 0; k < call.K; k++)
                {
                    double left = call.TransposeFirst ? a[k + (m * call.LeadingFirst)] : a[m + (k * call.LeadingFirst)];
                    sum += left * (call.TransposeSecond ? b[n + (k * call.LeadingSecond)] : b[k + (n * call.LeadingSecond)]);
                }
                c[m + (n * call.LeadingC)] = sum + (beta * c[m + (n * call.LeadingC)]);
            }
        }
    }

    private static double[] Numbers(int count, int factor) => [.. Enumerable.Range(0, count).Select(i => (double)((i * factor % 11) - 5))];
}
