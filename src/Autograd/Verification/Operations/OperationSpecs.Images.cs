namespace ResearchFreeze.Autograd;

// Convolution and pooling. One case in a few is an edge: one channel, a kernel larger than the image with padding, a stride larger than the kernel, as many groups as channels, batch 1.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Images =>
    [
        new("conv2d", Conv2d),
        new("max pool", c => Pool(c, (x, kernel, stride, padding) => x.MaxPool2d(kernel, stride, padding), keepsIndices: true)),
        new("average pool", c => Pool(c, (x, kernel, stride, padding) => x.AveragePool2d(kernel, stride, padding), keepsIndices: false)),
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
