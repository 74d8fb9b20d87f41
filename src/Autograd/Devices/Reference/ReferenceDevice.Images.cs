namespace ResearchFreeze.Autograd;

// Convolution and pooling, straight from their definitions.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation)
    {
        Span<double> images = Operands(shape, x), weights = Operands(shape, w), to = Reals(y);
        Span<double> offsets = bias is { } range ? Reals(range) : default;
        ReferenceMap? map = activation.Kernel()?.Reference;
        for (int i = 0; i < to.Length; i++) to[i] = offsets.Length > 0 ? offsets[i % shape.Outputs] : 0;
        AddProducts(shape, images, weights, to, ConvolutionPart.Outputs);
        if (map is null) return;
        for (int i = 0; i < to.Length; i++) to[i] = map.Apply(to[i]);
    }

    /// <inheritdoc/>
    protected override void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta)
    {
        Span<double> from = Operands(shape, dy), weights = Operands(shape, w), to = Reals(dx);
        var sums = new double[to.Length];
        AddProducts(shape, sums, weights, from, ConvolutionPart.Images);
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i], beta);
    }

    /// <inheritdoc/>
    protected override void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta)
    {
        Span<double> images = Operands(shape, x), from = Operands(shape, dy), to = Reals(dw);
        var sums = new double[to.Length];
        AddProducts(shape, images, sums, from, ConvolutionPart.Weights);
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i], beta);
    }

    private Span<double> Operands(in Conv2dShape shape, TensorRange range) => shape.IsNarrow ? Reals(range) : Operands(range);

    /// <inheritdoc/>
    protected override void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices)
    {
        Span<double> from = Reals(x), to = Reals(y);
        var best = new int[to.Length];
        best.AsSpan().Fill(-1);
        foreach ((int image, int output) in Windows(shape))
        {
            for (int c = 0; c < shape.Channels; c++)
            {
                ref int at = ref best[output + c];
                if (at < 0 || IsLarger(from[image + c], from[at])) at = image + c;
            }
        }
        for (int i = 0; i < to.Length; i++) to[i] = from[best[i]];
        if (indices is { } range) best.CopyTo(Integers(range));
    }

    /// <inheritdoc/>
    protected override void MaxPoolBackwardCore(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        Span<int> at = Integers(indices);
        Span<double> from = Reals(dy), to = Reals(dx);
        var sums = new double[to.Length];
        for (int i = 0; i < from.Length; i++) sums[at[i]] += from[i];
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i], beta);
    }

    /// <inheritdoc/>
    protected override void AveragePoolCore(in Pool2dShape shape, TensorRange x, TensorRange y)
    {
        Span<double> from = Reals(x), to = Reals(y);
        to.Clear();
        foreach ((int image, int output) in Windows(shape))
        {
            for (int c = 0; c < shape.Channels; c++) to[output + c] += from[image + c];
        }
        double size = shape.Kernel.Height * shape.Kernel.Width;
        for (int i = 0; i < to.Length; i++) to[i] /= size;
    }

    /// <inheritdoc/>
    protected override void AveragePoolBackwardCore(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta)
    {
        Span<double> from = Reals(dy), to = Reals(dx);
        var sums = new double[to.Length];
        foreach ((int image, int output) in Windows(shape))
        {
            for (int c = 0; c < shape.Channels; c++) sums[image + c] += from[output + c];
        }
        double size = shape.Kernel.Height * shape.Kernel.Width;
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i] / size, beta);
    }

    /// <summary>
    /// Adds every product of two parts of a convolution to the third: output by output, kernel row by row, channel by channel. Places in the padding are left out.
    /// </summary>
    private static void AddProducts(in Conv2dShape s, Span<double> images, Span<double> weights, Span<double> outputs, ConvolutionPart sums)
    {
        int height = s.OutputHeight, width = s.OutputWidth, channels = s.GroupChannels;
        for (int n = 0; n < s.Batch; n++)
        {
            for (int oy = 0; oy < height; oy++)
            {
                for (int ox = 0; ox < width; ox++)
                {
                    for (int o = 0; o < s.Outputs; o++)
                    {
                        ref double output = ref outputs[(((((n * height) + oy) * width) + ox) * s.Outputs) + o];
                        int first = o / s.GroupOutputs * channels;
                        for (int ky = 0; ky < s.Kernel.Height; ky++)
                        {
                            int y = (oy * s.Stride.Height) - s.Padding.Height + (ky * s.Dilation.Height);
                            if (y < 0 || y >= s.Height) continue;
                            for (int kx = 0; kx < s.Kernel.Width; kx++)
                            {
                                int x = (ox * s.Stride.Width) - s.Padding.Width + (kx * s.Dilation.Width);
                                if (x < 0 || x >= s.Width) continue;
                                Span<double> image = images.Slice((((((n * s.Height) + y) * s.Width) + x) * s.Channels) + first, channels);
                                Span<double> weight = weights.Slice(((((o * s.Kernel.Height) + ky) * s.Kernel.Width) + kx) * channels, channels);
                                if (sums == ConvolutionPart.Outputs)
                                {
                                    double sum = output;
                                    for (int c = 0; c < image.Length; c++) sum += image[c] * weight[c];
                                    output = sum;
                                }
                                else if (sums == ConvolutionPart.Images)
                                {
                                    for (int c = 0; c < image.Length; c++) image[c] += output * weight[c];
                                }
                                else
                                {
                                    for (int c = 0; c < image.Length; c++) weight[c] += output * image[c];
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>The first channel of every pixel of every window, window by window, row by row. Places in the padding are left out.</summary>
    private static IEnumerable<(int Image, int Output)> Windows(Pool2dShape s)
    {
        for (int n = 0; n < s.Batch; n++)
        {
            for (int oy = 0; oy < s.OutputHeight; oy++)
            {
                for (int ox = 0; ox < s.OutputWidth; ox++)
                {
                    int output = ((((n * s.OutputHeight) + oy) * s.OutputWidth) + ox) * s.Channels;
                    for (int ky = 0; ky < s.Kernel.Height; ky++)
                    {
                        int y = (oy * s.Stride.Height) - s.Padding.Height + ky;
                        if (y < 0 || y >= s.Height) continue;
                        for (int kx = 0; kx < s.Kernel.Width; kx++)
                        {
                            int x = (ox * s.Stride.Width) - s.Padding.Width + kx;
                            if (x < 0 || x >= s.Width) continue;
                            yield return (((((n * s.Height) + y) * s.Width) + x) * s.Channels, output);
                        }
                    }
                }
            }
        }
    }

    /// <summary>What a convolution multiplies, and what it adds products to.</summary>
    private enum ConvolutionPart
    {
        Images,
        Weights,
        Outputs,
    }
}
