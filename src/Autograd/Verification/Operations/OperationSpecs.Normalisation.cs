namespace ResearchFreeze.Autograd;

// Batch norm in both forms; layer, group and RMS norm.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Normalisations =>
    [
        new("batch norm, training", c => BatchNorm(c, training: true)),
        new("batch norm, running moments", c => BatchNorm(c, training: false)),
        new("layer norm", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 6));
            Norm(c, x, x[^1], x.Count / x[^1], 3, t => ((Tensor)t[0]).LayerNorm((Tensor)t[1], (Tensor)t[2], 0.1f));
        }),
        new("rms norm", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 6));
            Norm(c, x, x[^1], x.Count / x[^1], 2, t => ((Tensor)t[0]).RmsNorm((Tensor)t[1], 0.1f));
        }),
        new("group norm", c =>
        {
            int groups = c.Extent(3), channels = groups * c.Extent(3);
            Shape x = c.Add([.. c.Shape(1 + c.Random.NextInt32(3), 4).ToArray(), channels]);
            Norm(c, x, channels, x[0] * groups, 3, t => ((Tensor)t[0]).GroupNorm(groups, (Tensor)t[1], (Tensor)t[2], 0.1f));
        }),
    ];

    private static void Norm(OperationCase c, Shape x, int channels, int groups, int inputs, Func<IReadOnlyList<TensorBase>, Tensor> apply)
    {
        for (int i = 1; i < inputs; i++) c.Add([channels]);
        c.Apply = apply;
        c.SavedElements = wanted =>
            (wanted.Intersects(InputSet.Of(0, 1)) ? x.Count + (2 * groups) : 0) + (wanted.Contains(0) ? channels : 0);
        c.BackwardCalls = wanted => wanted.Count;
    }

    private static void BatchNorm(OperationCase c, bool training)
    {
        int channels = c.Random.NextInt32(6) == 0 ? 1 : c.Extent(7);
        Shape x = c.Add([1 + c.Extent(3), .. c.Shape(c.Random.NextInt32(3), 4).ToArray(), channels]);
        c.Add([channels]);
        c.Add([channels]);
        c.AddConstant([channels]);
        c.AddConstant([channels], positive: true);
        bool residual = c.Random.NextInt32(2) == 0;
        if (residual) c.Add(x);
        // A large ε keeps third derivatives small where a channel has two elements. Not relu: see conv2d.
        Activation activation = ((Activation[])[Activation.None, Activation.Tanh, Activation.Sigmoid])[c.Random.NextInt32(3)];
        int mapped = activation == Activation.None ? 0 : 1;
        c.Apply = t => ((Tensor)t[0]).BatchNorm(
            (Tensor)t[1], (Tensor)t[2], (Tensor)t[3], (Tensor)t[4], training, momentum: 0, 0.1f, activation, residual ? (Tensor)t[5] : null);
        c.SavedElements = wanted =>
        {
            bool dx = wanted.Contains(0), dgamma = wanted.Contains(1);
            // As constants of a case, the running moments are counted like any tensor.
            long kept = (mapped * x.Count) + (dx ? channels : 0);
            return training ? kept + (dx || dgamma ? x.Count + (2 * channels) : 0) : kept + (dgamma ? x.Count + channels : 0) + (dx || dgamma ? channels : 0);
        };
        c.BackwardCalls = wanted =>
        {
            bool dx = wanted.Contains(0), dgamma = wanted.Contains(1), dbeta = wanted.Contains(2);
            // A residual's gradient is dz itself. dx through the batch's moments needs Σ dz·x̂ and Σ dz, and what is the first gradient of γ or β is that sum.
            return mapped + (dx ? 1 : 0) + (dx && training ? 2 : (dgamma ? 1 : 0) + (dbeta ? 1 : 0));
        };
    }
}
