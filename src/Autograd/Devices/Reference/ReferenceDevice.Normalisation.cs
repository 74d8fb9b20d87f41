namespace ResearchFreeze.Autograd;

// Normalisation and log-softmax, straight from their definitions.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance)
    {
        Span<double> from = Reals(x), means = Reals(mean), variances = Reals(variance);
        for (int c = 0; c < shape.Channels; c++)
        {
            double sum = 0, squares = 0;
            for (int i = c; i < from.Length; i += shape.Channels) sum += from[i];
            means[c] = sum / shape.Rows;
            for (int i = c; i < from.Length; i += shape.Channels) squares += (from[i] - means[c]) * (from[i] - means[c]);
            variances[c] = squares / shape.Rows;
        }
    }

    /// <inheritdoc/>
    protected override void UpdateMomentsCore(in BatchNormShape shape, float momentum, double varianceMomentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance)
    {
        Span<double> means = Reals(mean), variances = Reals(variance), toMean = Reals(runningMean), toVariance = Reals(runningVariance);
        for (int c = 0; c < shape.Channels; c++)
        {
            if (!double.IsFinite(means[c]) || !double.IsFinite(variances[c])) continue;
            toMean[c] = ((1.0 - momentum) * toMean[c]) + (momentum * means[c]);
            toVariance[c] = ((1.0 - momentum) * toVariance[c]) + (varianceMomentum * variances[c]);
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        Span<double> from = Reals(x), means = Reals(mean), variances = Reals(variance), scales = Reals(gamma), shifts = Reals(beta), to = Reals(y);
        Span<double> added = residual is { } range ? Reals(range) : default;
        ReferenceMap? map = activation.Kernel()?.Reference;
        for (int i = 0; i < to.Length; i++)
        {
            int c = i % shape.Channels;
            double value = (scales[c] * (from[i] - means[c]) / Math.Sqrt(variances[c] + shape.Epsilon)) + shifts[c];
            if (added.Length > 0) value += added[i];
            to[i] = map is null ? value : map.Apply(value);
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta)
    {
        Span<double> from = Reals(x), means = Reals(mean), variances = Reals(variance), gradient = Reals(dz), to = Reals(dgamma);
        for (int c = 0; c < shape.Channels; c++)
        {
            double sum = 0;
            for (int i = c; i < from.Length; i += shape.Channels) sum += gradient[i] * (from[i] - means[c]) / Math.Sqrt(variances[c] + shape.Epsilon);
            Store(ref to[c], sum, beta);
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dgamma, TensorRange dbeta, TensorRange dx, float beta)
    {
        Span<double> from = Reals(x), means = Reals(mean), variances = Reals(variance), scales = Reals(gamma), gradient = Reals(dz), slopes = Reals(dgamma), totals = Reals(dbeta), to = Reals(dx);
        for (int i = 0; i < to.Length; i++)
        {
            int c = i % shape.Channels;
            double reciprocal = 1 / Math.Sqrt(variances[c] + shape.Epsilon), normal = (from[i] - means[c]) * reciprocal;
            Store(ref to[i], scales[c] * reciprocal * (gradient[i] - (totals[c] / shape.Rows) - (normal * slopes[c] / shape.Rows)), beta);
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta)
    {
        Span<double> variances = Reals(variance), scales = Reals(gamma), gradient = Reals(dz), to = Reals(dx);
        for (int i = 0; i < to.Length; i++)
        {
            int c = i % shape.Channels;
            Store(ref to[i], scales[c] / Math.Sqrt(variances[c] + shape.Epsilon) * gradient[i], beta);
        }
    }

    /// <inheritdoc/>
    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        Span<double> from = Reals(x), scales = Reals(gamma), to = Reals(y);
        Span<double> shifts = bias is { } range ? Reals(range) : default;
        Span<double> kept = state is { } by ? Reals(by) : new double[shape.StateCount];
        int groups = shape.Batch * shape.Groups;
        double size = (double)shape.Spatial * shape.GroupChannels;
        kept.Clear();
        if (shape.IsCentered)
        {
            for (int i = 0; i < from.Length; i++) kept[GroupOf(shape, i)] += from[i] / size;
        }
        for (int i = 0; i < from.Length; i++)
        {
            double distance = from[i] - kept[GroupOf(shape, i)];
            kept[groups + GroupOf(shape, i)] += distance * distance / size;
        }
        for (int g = 0; g < groups; g++) kept[groups + g] = 1 / Math.Sqrt(kept[groups + g] + shape.Epsilon);
        for (int i = 0; i < from.Length; i++)
        {
            int c = i % shape.Channels;
            to[i] = (scales[c] * Normal(shape, from, kept, i)) + (shifts.Length > 0 ? shifts[c] : 0);
        }
    }

    /// <inheritdoc/>
    protected override void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta)
    {
        Span<double> from = Reals(x), kept = Reals(state), scales = Reals(gamma), gradient = Reals(dy), to = Reals(dx);
        int groups = shape.Batch * shape.Groups;
        double size = (double)shape.Spatial * shape.GroupChannels;
        double[] sums = new double[groups], products = new double[groups];
        for (int i = 0; i < from.Length; i++)
        {
            double scaled = gradient[i] * scales[i % shape.Channels];
            sums[GroupOf(shape, i)] += scaled;
            products[GroupOf(shape, i)] += scaled * Normal(shape, from, kept, i);
        }
        for (int i = 0; i < from.Length; i++)
        {
            int g = GroupOf(shape, i);
            double scaled = gradient[i] * scales[i % shape.Channels], mean = shape.IsCentered ? sums[g] / size : 0;
            Store(ref to[i], kept[groups + g] * (scaled - mean - (Normal(shape, from, kept, i) * products[g] / size)), beta);
        }
    }

    /// <inheritdoc/>
    protected override void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta)
    {
        Span<double> from = Reals(x), kept = Reals(state), gradient = Reals(dy), to = Reals(dgamma);
        var sums = new double[to.Length];
        for (int i = 0; i < from.Length; i++) sums[i % shape.Channels] += gradient[i] * Normal(shape, from, kept, i);
        for (int c = 0; c < to.Length; c++) Store(ref to[c], sums[c], beta);
    }

    /// <inheritdoc/>
    protected override void LogSoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<double> from = Reals(x.Slice(row * columns, columns)), to = Reals(y.Slice(row * columns, columns));
            double logSum = LogSumExp(from);
            for (int i = 0; i < columns; i++) to[i] = from[i] - logSum;
        }
    }

    /// <inheritdoc/>
    protected override void LogSoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<double> ys = Reals(y.Slice(row * columns, columns)), from = Reals(dy.Slice(row * columns, columns)), to = Reals(dx.Slice(row * columns, columns));
            double sum = 0;
            foreach (double value in from) sum += value;
            for (int i = 0; i < columns; i++) Store(ref to[i], from[i] - (Math.Exp(ys[i]) * sum), beta);
        }
    }

    private static int GroupOf(in GroupNormShape shape, int element) =>
        (element / (shape.Spatial * shape.Channels) * shape.Groups) + (element % shape.Channels / shape.GroupChannels);

    private static double Normal(in GroupNormShape shape, Span<double> x, Span<double> state, int element)
    {
        int g = GroupOf(shape, element);
        return (x[element] - state[g]) * state[(shape.Batch * shape.Groups) + g];
    }
}
