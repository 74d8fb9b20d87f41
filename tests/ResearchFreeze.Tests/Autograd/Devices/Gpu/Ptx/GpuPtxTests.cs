namespace ResearchFreeze.Tests.Autograd;

/// <summary>What a CUDA card would be given, checked without one: for one architecture, or in the long form for each. With RESEARCHFREEZE_PTX set to a folder, the PTX is left there.</summary>
public sealed class GpuPtxTests
{
    [Fact]
    public void EveryKernelCompilesToExactPtx()
    {
        string? folder = Environment.GetEnvironmentVariable("RESEARCHFREEZE_PTX");
        foreach ((string name, string ptx) in CudaTarget.All.Take(TestDevices.IsLong ? CudaTarget.All.Count : 1).SelectMany(target => GpuPtx.AssemblyFor(target).Select(kernel => ($"{kernel.Key}.{target.Name}", kernel.Value))))
        {
            // The approximations miss 1e-6; an extern is a .NET function that only the assembler would miss.
            foreach (string forbidden in new[] { "ex2.approx", "lg2.approx", "tanh.approx", "sqrt.approx", "rsqrt.approx", "div.approx", "div.full", "rcp.approx", "sin.approx", "cos.approx" })
                Assert.False(ptx.Contains(forbidden, StringComparison.Ordinal), $"{name} contains {forbidden}.");
            Assert.False(ptx.Contains(".extern .func", StringComparison.Ordinal), $"{name} calls an external function.");
            Assert.False(ptx.Contains("atom.", StringComparison.Ordinal) || ptx.Contains("red.global", StringComparison.Ordinal), $"{name} uses an atomic: results would not repeat.");
            Assert.False(ptx.Contains(".f64", StringComparison.Ordinal), $"{name} computes in double.");
            if (folder is not null) File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{name}.ptx"), ptx);
        }
    }

    [Fact]
    public void EveryOperationHasItsKernels()
    {
        Assert.Contains("ProductKernels.Tiled.MatrixRows.MatrixColumns.LargeTile", GpuPtx.Kernels.Keys);
        Assert.Contains("ProductKernels.Tiled.MatrixColumns.PixelPatches.Flat16Tile", GpuPtx.Kernels.Keys);
        foreach (string op in new[] { "ExpOp", "TanhOp", "AddScalarOp" })
        {
            Assert.Contains($"ElementwiseKernels.Map.{op}", GpuPtx.Kernels.Keys);
            Assert.Contains($"ElementwiseKernels.MapBackward.{op}", GpuPtx.Kernels.Keys);
        }
        Assert.Contains("ElementwiseKernels.ZipBroadcast.DivideOp", GpuPtx.Kernels.Keys);
        Assert.DoesNotContain("ElementwiseKernels.Map.DivideOp", GpuPtx.Kernels.Keys);
    }
}
