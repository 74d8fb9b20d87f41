using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>Convolutions forward, for the input gradient and for the weight gradient: 3×3, 64 → 64 channels on 16×16, every shape of <c>cnn</c> and <c>resnet:20</c>, batch 128, and 64 channels in groups.</summary>
public class ConvolutionKernels : KernelBenchmark
{
    public override IEnumerable<Work> Works => Shapes().SelectMany(Directions);

    private static IEnumerable<Conv2dShape> Shapes()
    {
        yield return Of(64, 16, 64, 64);
        yield return Of(128, 28, 1, 32);                    // cnn
        yield return Of(128, 14, 32, 64);
        yield return Of(128, 32, 3, 16);                    // resnet:20, stem
        yield return Of(128, 32, 16, 16);                   // stage 1
        yield return Of(128, 32, 16, 32, stride: 2);        // stage 2
        yield return Of(128, 32, 16, 32, stride: 2, kernel: 1);
        yield return Of(128, 16, 32, 32);
        yield return Of(128, 16, 32, 64, stride: 2);        // stage 3
        yield return Of(128, 16, 32, 64, stride: 2, kernel: 1);
        yield return Of(128, 8, 64, 64);
        foreach (int groups in new[] { 4, 8, 16, 32, 64 }) yield return Of(32, 16, 64, 64, groups: groups);
    }

    private static Conv2dShape Of(int batch, int side, int inputs, int outputs, int stride = 1, int kernel = 3, int groups = 1) =>
        Conv2dShape.Of([batch, side, side, inputs], [outputs, kernel, kernel, inputs / groups], stride, padding: kernel / 2, dilation: 1, groups);

    private static IEnumerable<Work> Directions(Conv2dShape shape)
    {
        string name = $"{shape.Kernel}x{shape.Kernel} {shape.Channels}-{shape.Outputs}, {shape.Batch}x{shape.Height}x{shape.Width}{(shape.Stride == 1 ? "" : $", stride {shape.Stride}")}{(shape.Groups == 1 ? "" : $", {shape.Groups} groups")}";
        yield return new Work($"{name}: forward", operands =>
        {
            TensorRange x = operands.Normal(shape.InputCount), w = operands.Normal(shape.WeightCount), y = operands.Empty(shape.OutputCount);
            return () => operands.Device.Conv2d(shape, x, w, null, y);
        });
        yield return new Work($"{name}: input gradient", operands =>
        {
            TensorRange dy = operands.Normal(shape.OutputCount), w = operands.Normal(shape.WeightCount), dx = operands.Empty(shape.InputCount);
            return () => operands.Device.Conv2dInputGradient(shape, dy, w, dx);
        });
        yield return new Work($"{name}: weight gradient", operands =>
        {
            TensorRange x = operands.Normal(shape.InputCount), dy = operands.Normal(shape.OutputCount), dw = operands.Empty(shape.WeightCount);
            return () => operands.Device.Conv2dWeightGradient(shape, x, dy, dw);
        });
    }
}
