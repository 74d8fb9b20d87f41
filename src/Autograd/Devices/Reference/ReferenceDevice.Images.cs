namespace ResearchFreeze.Autograd;

// Convolution and pooling, straight from their definitions.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation)
    {
        Span<double> images = Reals(x), weights = Reals(w), to = Reals(y);
        Span<double> offsets = bias is { } range ? Reals(range) : default;
        ReferenceMap? map = activation.Kernel()?.Reference;
        for (int i = 0; i < to.Length; i++) to[i] = offsets.Length > 0 ? offsets[i % shape.Outputs] : 0;
        foreach ((int image, int weight, int output) in Products(shape)) to[output] += images[image] * weights[weight];
        if (map is null) return;
        for (int i = 0; i < to.Length; i++) to[i] = map.Apply(to[i]);
    }

    /// <inheritdoc/>
    protected override void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta)
    {
        Span<double> from = Reals(dy), weights = Reals(w), to = Reals(dx);
        var sums = new double[to.Length];
        foreach ((int image, int weight, int output) in Products(shape)) sums[image] += from[output] * weights[weight];
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i], beta);
    }

    /// <inheritdoc/>
    protected override void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta)
    {
        Span<double> images = Reals(x), from = Reals(dy), to = Reals(dw);
        var sums = new double[to.Length];
        foreach ((int image, int weight, int output) in Products(shape)) sums[weight] += from[output] * images[image];
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i], beta);
    }

    /// <inheritdoc/>
    protected override void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices)
    {
        Span<double> from = Reals(x), to = Reals(y);
        var best = new int[to.Length];
        best.AsSpan().Fill(-1);
        foreach ((int image, int output) in Windows(shape))
        {
            if (best[output] < 0 || IsLarger(from[image], from[best[output]])) best[output] = image;
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
        foreach ((int image, int output) in Windows(shape)) to[output] += from[image];
        double size = shape.Kernel.Height * shape.Kernel.Width;
        for (int i = 0; i < to.Length; i++) to[i] /= size;
    }

    /// <inheritdoc/>
    protected override void AveragePoolBackwardCore(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta)
    {
        Span<double> from = Reals(dy), to = Reals(dx);
        var sums = new double[to.Length];
        foreach ((int image, int output) in Windows(shape)) sums[image] += from[output];
        double size = shape.Kernel.Height * shape.Kernel.Width;
        for (int i = 0; i < to.Length; i++) Store(ref to[i], sums[i] / size, beta);
    }

    /// <summary>Every product of a convolution, as elements of images, weights and result: output by output, kernel row by row. Places in the padding are left out.</summary>
    private static IEnumerable<(int Image, int Weight, int Output)> Products(Conv2dShape s)
    {
        for (int n = 0; n < s.Batch; n++)
        {
            for (int oy = 0; oy < s.OutputHeight; oy++)
            {
                for (int ox = 0; ox < s.OutputWidth; ox++)
                {
                    for (int o = 0; o < s.Outputs; o++)
                    {
                        int output = (((((n * s.OutputHeight) + oy) * s.OutputWidth) + ox) * s.Outputs) + o, first = o / s.GroupOutputs * s.GroupChannels;
                        for (int ky = 0; ky < s.Kernel.Height; ky++)
                        {
                            int y = (oy * s.Stride.Height) - s.Padding.Height + (ky * s.Dilation.Height);
                            if (y < 0 || y >= s.Height) continue;
                            for (int kx = 0; kx < s.Kernel.Width; kx++)
                            {
                                int x = (ox * s.Stride.Width) - s.Padding.Width + (kx * s.Dilation.Width);
                                if (x < 0 || x >= s.Width) continue;
                                int image = (((((n * s.Height) + y) * s.Width) + x) * s.Channels) + first, weight = ((((o * s.Kernel.Height) + ky) * s.Kernel.Width) + kx) * s.GroupChannels;
                                for (int c = 0; c < s.GroupChannels; c++) yield return (image + c, weight + c, output);
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>Every element of every window, window by window, row by row. Places in the padding are left out.</summary>
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
                            for (int c = 0; c < s.Channels; c++) yield return (((((n * s.Height) + y) * s.Width) + x) * s.Channels + c, output + c);
                        }
                    }
                }
            }
        }
    }
}
