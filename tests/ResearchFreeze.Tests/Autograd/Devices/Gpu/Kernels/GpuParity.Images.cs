using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Convolution and pooling.
public abstract partial class GpuParity
{
    // Kernels add up to 600 products one after the other.
    private const double ConvolutionTolerance = 4e-6;

    /// <summary>Corners for both devices, then, where they are affordable, what is drawn at random and what is cut into chunks.</summary>
    private IEnumerable<Conv2dShape> Convolutions => IsFast
        ? [.. ConvolutionShapes.Table.Where(shape => shape.OutputCount <= 10_000), .. ConvolutionShapes.Random(15, seed: 21), Conv(9, 32, 30, 1, 2, 3, padding: 1), Conv(2, 24, 23, 40, 3, 1), Conv(1, 100, 99, 4, 4, 2, groups: 4)]
        : [Conv(1, 2, 3, 1, 1, 3, padding: 1), Conv(2, 4, 5, 4, 2, new Size2(2, 3), stride: new Size2(1, 2), padding: new Size2(1, 0), dilation: new Size2(2, 1), groups: 2), Conv(1, 5, 4, 2, 2, 2, stride: 3, groups: 2)];

    private IEnumerable<Pool2dShape> Pools => IsFast
        ?
        [
            Pool(1, 1, 1, 1, 1, 1), Pool(0, 4, 4, 3, 2, 2), Pool(2, 4, 6, 1, 2, 2), Pool(3, 5, 7, 3, 2, 2), Pool(2, 5, 5, 10, 2, 1), Pool(2, 9, 8, 5, 3, 2, 1), Pool(2, 6, 7, 4, 3, 1, 1), Pool(2, 10, 9, 3, 2, 3),
            Pool(1, 11, 7, 9, 1, 2), Pool(2, 2, 3, 3, 5, 1, 2), Pool(2, 1, 1, 9, 2, 1, 1), Pool(1, 2, 2, 1, 4, 3, 2), Pool(2, 6, 5, 7, new Size2(6, 5), 1),
            Pool(1, 7, 8, 2, new Size2(4, 2), new Size2(3, 1), new Size2(2, 1)), Pool(2, 16, 15, 33, 2, 2),
        ]
        : [Pool(1, 3, 4, 2, 2, 1, 1), Pool(2, 5, 5, 1, new Size2(3, 2), new Size2(2, 3), new Size2(1, 0))];

    [Fact]
    public void Convolution() => Check(ConvolutionTolerance, b =>
    {
        int turn = 0;
        foreach (Conv2dShape shape in Convolutions)
        {
            int summands = shape.Kernel.Height * shape.Kernel.Width * shape.GroupChannels;
            TensorRange x = b.Input(shape.InputCount), w = Small(b, shape.WeightCount, summands);
            Activation activation = Enum.GetValues<Activation>()[turn++ % 4];
            b.Device.Conv2d(shape, x, w, null, b.Output(shape.OutputCount), activation);
            b.Device.Conv2d(shape, x, w, b.Input(shape.Outputs), b.Output(shape.OutputCount), Enum.GetValues<Activation>()[turn % 4]);
        }
    });

    [Fact]
    public void ConvolutionGradients() => Check(ConvolutionTolerance, b =>
    {
        int turn = 0;
        foreach (Conv2dShape shape in Convolutions)
        {
            int taps = shape.Kernel.Height * shape.Kernel.Width;
            TensorRange dy = b.Input(shape.OutputCount), w = Small(b, shape.WeightCount, taps * shape.GroupOutputs);
            TensorRange x = Small(b, shape.InputCount, shape.Batch * shape.OutputHeight * shape.OutputWidth);
            float beta = Betas[turn++ % Betas.Length];
            b.Device.Conv2dInputGradient(shape, dy, w, b.Output(shape.InputCount, beta), beta);
            b.Device.Conv2dWeightGradient(shape, x, dy, b.Output(shape.WeightCount, beta), beta);
        }
    });

    [Fact]
    public void MaxPool() => Check(Tolerance, b =>
    {
        foreach (Pool2dShape shape in Pools)
        {
            for (int kind = 0; kind < 4; kind++)
            {
                TensorRange x = kind == 0 ? b.Input(shape.InputCount) : b.Reals(Ties(shape.InputCount, kind)), indices = b.Integers(new int[shape.OutputCount]);
                b.Device.MaxPool(shape, x, b.Output(shape.OutputCount), indices);
                if (kind == 0) b.Device.MaxPool(shape, x, b.Output(shape.OutputCount), null);
                float beta = Betas[kind % Betas.Length];
                b.Device.MaxPoolBackward(shape, indices, b.Input(shape.OutputCount), b.Output(shape.InputCount, beta), beta);
            }
        }
    });

    [Fact]
    public void AveragePool() => Check(Tolerance, b =>
    {
        foreach (Pool2dShape shape in Pools)
        {
            b.Device.AveragePool(shape, b.Input(shape.InputCount), b.Output(shape.OutputCount));
            foreach (float beta in Betas) b.Device.AveragePoolBackward(shape, b.Input(shape.OutputCount), b.Output(shape.InputCount, beta), beta);
        }
    });

    private static Conv2dShape Conv(int batch, int height, int width, int channels, int outputs, Size2 kernel, Size2? stride = null, Size2 padding = default, Size2? dilation = null, int groups = 1) =>
        Conv2dShape.Of([batch, height, width, channels], [outputs, kernel.Height, kernel.Width, channels / groups], stride ?? 1, padding, dilation ?? 1, groups);

    private static Pool2dShape Pool(int batch, int height, int width, int channels, Size2 kernel, Size2 stride, Size2 padding = default) =>
        Pool2dShape.Of("pool", [batch, height, width, channels], kernel, stride, padding);
}
