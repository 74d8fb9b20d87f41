using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>Max pooling 2×2 forward and backward at the two sizes of <c>cnn</c>, batch 128. Without indices is what a frozen prefix runs.</summary>
public class PoolingKernels : KernelBenchmark
{
    public override IEnumerable<Work> Works => new[] { (28, 32), (14, 64) }.SelectMany(size => Of(128, size.Item1, size.Item2));

    private static IEnumerable<Work> Of(int batch, int side, int channels)
    {
        Pool2dShape shape = Pool2dShape.Of("pooling", [batch, side, side, channels], 2, 2, 0);
        string name = $"{batch}x{side}x{side}x{channels}";
        yield return new Work($"{name}: max", operands =>
        {
            (TensorRange x, TensorRange y) = (operands.Normal(shape.InputCount), operands.Empty(shape.OutputCount));
            return () => operands.Device.MaxPool(shape, x, y, null);
        });
        yield return new Work($"{name}: max with indices", operands =>
        {
            (TensorRange x, TensorRange y, TensorRange indices) = (operands.Normal(shape.InputCount), operands.Empty(shape.OutputCount), operands.Labels(shape.OutputCount, 1));
            return () => operands.Device.MaxPool(shape, x, y, indices);
        });
        yield return new Work($"{name}: max backward", operands =>
        {
            (TensorRange x, TensorRange y, TensorRange indices) = (operands.Normal(shape.InputCount), operands.Empty(shape.OutputCount), operands.Labels(shape.OutputCount, 1));
            (TensorRange dy, TensorRange dx) = (operands.Normal(shape.OutputCount), operands.Empty(shape.InputCount));
            operands.Device.MaxPool(shape, x, y, indices);
            return () => operands.Device.MaxPoolBackward(shape, indices, dy, dx);
        });
    }
}
