using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>That the kernels which descriptions name, which are compiled to PTX and assembled, are the kernels that there are. That they are launched is seen by <see cref="GpuOpenClPrimitiveParityTests"/>.</summary>
public sealed class PrimitiveKernelTests
{
    [Fact]
    public void EveryPrimitiveNamesItsKernels()
    {
        Assert.Equal([Primitive.Upload, Primitive.Download, Primitive.Copy], Primitives.All.Where(description => description.Kernels.Count == 0).Select(description => description.Primitive));
        foreach (PrimitiveDescription description in Primitives.All)
            Assert.All(description.Kernels, name => Assert.True(GpuPtx.Kernels.Keys.Any(kernel => GpuPtx.IsClosed(kernel, name)), $"{description.Primitive} names {name}, of which there is none."));
    }

    [Fact]
    public void EveryKernelBelongsToAPrimitive() =>
        Assert.Equal(GpuPtx.KernelMethods.Order(StringComparer.Ordinal), Primitives.All.SelectMany(description => description.Kernels).Select(GpuPtx.MethodOf).Distinct().Order(StringComparer.Ordinal));
}
