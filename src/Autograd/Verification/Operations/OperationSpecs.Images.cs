namespace ResearchFreeze.Autograd;

// Convolution and pooling. One case in a few is an edge: one channel, a kernel larger than the image with padding, a stride larger than the kernel, as many groups as channels, batch 1.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Images =>
    [
        new("conv2d", Conv2d),
        new("max pool", c => Pool(c, (x, kernel, stride, padding) => x.MaxPool2d(kernel, stride, padding), keepsIndices: true)),
        new("average pool", c => Pool(c, (x, kernel, stride, padding) => x.AveragePool2d(kernel, stride, padding), keepsIndices: false)),
        new("conv2d, each edge its own padding", c =>
        {
            var padding = new Padding2(c.Random.NextInt32(3), c.Random.NextInt32(3), c.Random.NextInt32(3), c.Random.NextInt32(3));
            Composite(c, [c.Extent(2), 3 + c.Extent(3), 3 + c.Extent(3), c.Extent(3)], [c.Extent(3), 3, 2, 0], (x, w) => x.Conv2d(w, stride: new Size2(2, 1), padding: padding));
        }),
        new("conv2d, same", c => Composite(c, [2, c.Extent(6), c.Extent(6), 2], [3, c.Extent(4), c.Extent(4), 0], (x, w) => x.Conv2d(w, stride: 2, padding: Padding2.Same))),
        new("conv transpose2d", c =>
        {
            int groups = c.Extent(2), stride = c.Extent(2), dilation = c.Extent(2);
            Shape x = c.Add([c.Extent(2), c.Extent(4), c.Extent(4), groups * c.Extent(2)]), w = c.Add([x[3], 2, 3, c.Extent(2)]);
            Size2 more = stride > 1 || dilation > 1 ? new Size2(c.Random.NextInt32(stride), c.Random.NextInt32(stride)) : 0;
            Padding2 padding = c.Random.NextInt32(2) == 0 ? 0 : new Padding2(0, 1, 0, 1);
            if (((x[1] - 1) * stride) + dilation + more.Height < 0 || ((x[2] - 1) * stride) + (2 * dilation) + more.Width + 1 - padding.Left - padding.Right < 1) padding = 0;
            c.Apply = inputs => ((Tensor)inputs[0]).ConvTranspose2d((Tensor)inputs[1], null, stride, padding, more, dilation, groups);
            c.SavedElements = wanted => (wanted.Contains(1) ? x.Count : 0) + (wanted.Contains(0) ? w.Count : 0);
            c.BackwardCalls = wanted => wanted.Count;
        }),
        Of("max pool with dilation", 4, x => x.Pad([0, 3, 3, 0], [0, 3, 3, 0], -2).MaxPool2d(new Size2(2, 3), 2, 1, dilation: 2, ceil: true), distinct: true),
        Of("max pool, ceil", 4, x => x.MaxPool2d(2, 2, ceil: true), distinct: true),
        Of("average pool, ceil", 4, x => x.AveragePool2d(2, 2, ceil: true)),
        Of("average pool without its padding", 4, x => x.AveragePool2d(3, 2, 1, countPadding: false)),
        Of("average pool, ceil, with its padding", 4, x => x.AveragePool2d(3, 2, 1, ceil: true)),
        Of("average pool, ceil, without its padding", 4, x => x.AveragePool2d(new Size2(2, 3), 2, new Padding2(1, 0, 0, 1), ceil: true, countPadding: false)),
        Of("upsample", 4, x => x.UpsampleNearest(new Size2(2, 3))),
        Of("resample", 4, x => x.ResampleLinear(new Size2(7, 3))),
        Of("resample, corners aligned", 4, x => x.ResampleLinear(new Size2(3, 5), alignCorners: true)),
        Of("pad with a number", 2, x => x.Pad([1, 0], [2, 1], -3).Square()),
        Of("pad by reflection", 2, x => x.PadReflect([1, x.Shape[1] - 1], [x.Shape[0] - 1, 0])),
        new("conv1d", c => Composite(c, [2, 3 + c.Extent(4), 4], [2, 3, 2], (x, w) => x.Conv1d(w, stride: 2, padding: 1, groups: 2))),
        new("conv1d, same", c => Composite(c, [2, c.Extent(7), 2], [3, 4, 2], (x, w) => x.Conv1d(w, padding: null, dilation: 2))),
        new("conv transpose1d", c => Composite(c, [2, c.Extent(5), 3], [3, 4, 2], (x, w) => x.ConvTranspose1d(w, stride: 2, padding: 1))),
        Of("max pool1d", 3, x => x.MaxPool1d(2, 1, 1), distinct: true),
        Of("average pool1d", 3, x => x.AveragePool1d(2, 2, 1, countPadding: false)),
        new("global average pool", c => Declare(c, c.Add(c.Shape(4, 4)), x => x.GlobalAveragePool(), 0, 1)),
    ];

    private static void Conv2d(OperationCase c)
    {
        int edge = c.Random.NextInt32(8);
        int groups = edge == 0 ? 1 + c.Extent(3) : c.Random.NextInt32(4) == 0 ? 2 : 1;
        int groupChannels = edge is 0 or 1 ? 1 : c.Extent(3), groupOutputs = edge == 0 ? c.Extent(2) : c.Extent(4);
        var kernel = new Size2(c.Extent(3), c.Extent(3));
        Size2 stride = edge == 2 ? new Size2(kernel.Height + 1, kernel.Width + 1) : new Size2(c.Extent(2), c.Extent(2));
        Size2 dilation = c.Random.NextInt32(3) == 0 ? new Size2(c.Extent(2), c.Extent(3)) : 1;
        var padding = new Size2(c.Random.NextInt32(3), c.Random.NextInt32(3));
        Size2 image = new(Image(kernel.Height, dilation.Height, ref padding, true), Image(kernel.Width, dilation.Width, ref padding, false));
        Shape x = c.Add([edge == 3 ? 1 : c.Extent(3), image.Height, image.Width, groups * groupChannels]);
        Shape w = c.Add([groups * groupOutputs, kernel.Height, kernel.Width, groupChannels]);
        bool bias = c.Random.NextInt32(3) > 0;
        if (bias) c.Add([w[0]]);
        // Not relu: the kink is where a sum of products happens to be, and a difference quotient may cross it. Its derivative is the map's, which has a specification of its own.
        Activation activation = ((Activation[])[Activation.None, Activation.None, Activation.Tanh, Activation.Sigmoid])[c.Random.NextInt32(4)];
        int y = Conv2dShape.Of(x, w, stride, padding, dilation, groups).OutputCount;
        c.Apply = inputs => ((Tensor)inputs[0]).Conv2d((Tensor)inputs[1], bias ? (Tensor)inputs[2] : null, stride, padding, dilation, groups, activation);
        c.SavedElements = wanted => (wanted.Contains(1) ? x.Count : 0) + (wanted.Contains(0) ? w.Count : 0) + (activation == Activation.None ? 0 : y);
        c.BackwardCalls = wanted => wanted.Count + (activation == Activation.None ? 0 : 1);

        // An extent from the least that leaves an output on; where it is small, the kernel reaches beyond the image.
        int Image(int size, int step, ref Size2 around, bool isHeight)
        {
            int reach = (step * (size - 1)) + 1;
            if (edge == 4) around = isHeight ? around with { Height = reach / 2 } : around with { Width = reach / 2 };
            int least = Math.Max(1, reach - (2 * (isHeight ? around.Height : around.Width)));
            return edge == 4 ? least : least + c.Random.NextInt32(5);
        }
    }

    /// <summary>A weight whose last extent is 0 has the images' channels.</summary>
    private static void Composite(OperationCase c, Shape x, Shape w, Func<Tensor, Tensor, Tensor> apply)
    {
        c.Add(x);
        c.Add(w[^1] == 0 ? w.With(w.Rank - 1, x[^1]) : w);
        c.IsComposed = true;
        c.Apply = inputs => apply((Tensor)inputs[0], (Tensor)inputs[1]);
    }

    private static void Pool(OperationCase c, Func<Tensor, Size2, Size2?, Size2?, Tensor> apply, bool keepsIndices)
    {
        var kernel = new Size2(c.Extent(3), c.Extent(3));
        Size2? stride = c.Random.NextInt32(3) == 0 ? null : new Size2(c.Extent(4), c.Extent(4));
        var padding = new Size2(c.Random.NextInt32((kernel.Height / 2) + 1), c.Random.NextInt32((kernel.Width / 2) + 1));
        Shape x = [c.Extent(2), Image(kernel.Height, padding.Height), Image(kernel.Width, padding.Width), c.Extent(5)];
        if (keepsIndices) c.AddDistinct(x);
        else c.Add(x);
        int y = Pool2dShape.Of("pool", x, kernel, stride ?? kernel, padding).OutputCount;
        Declare(c, x, t => apply(t, kernel, stride, padding), 0, 1);
        if (keepsIndices) c.SavedIntegers = _ => y;

        int Image(int size, int around) => Math.Max(1, size - (2 * around)) + c.Random.NextInt32(5);
    }
}
