namespace ResearchFreeze.Autograd;

// Products, softmax, cross entropy.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void GemmCore(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta, TensorRange? bias, Activation activation)
    {
        Span<double> left = Operands(a), right = Operands(b), to = Reals(c);
        Span<double> offsets = bias is { } range ? Reals(range) : default;
        ReferenceMap? map = activation.Kernel()?.Reference;
        int depth = shape.K, rowA = shape.TransposeA ? 1 : shape.LeadingA, stepA = shape.TransposeA ? shape.LeadingA : 1;
        int columnB = shape.TransposeB ? shape.LeadingB : 1, stepB = shape.TransposeB ? 1 : shape.LeadingB;
        for (int batch = 0; batch < shape.Batch; batch++)
        {
            int startA = batch * shape.StrideA, startB = batch * shape.StrideB, startC = batch * shape.StrideC;
            for (int row = 0; row < shape.M; row++)
            {
                for (int column = 0; column < shape.N; column++)
                {
                    int atA = startA + (row * rowA), atB = startB + (column * columnB);
                    double sum = 0;
                    for (int k = 0; k < depth; k++) sum += left[atA + (k * stepA)] * right[atB + (k * stepB)];
                    if (offsets.Length > 0) sum += offsets[column];
                    Store(ref to[startC + (row * shape.LeadingC) + column], map is null ? sum : map.Apply(sum), beta);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void SoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<double> from = Reals(x.Slice(row * columns, columns)), to = Reals(y.Slice(row * columns, columns));
            double logSum = LogSumExp(from);
            for (int i = 0; i < columns; i++) to[i] = Math.Exp(from[i] - logSum);
        }
    }

    /// <inheritdoc/>
    protected override void SoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<double> ys = Reals(y.Slice(row * columns, columns)), from = Reals(dy.Slice(row * columns, columns)), to = Reals(dx.Slice(row * columns, columns));
            double dot = 0;
            for (int i = 0; i < columns; i++) dot += ys[i] * from[i];
            for (int i = 0; i < columns; i++) Store(ref to[i], ys[i] * (from[i] - dot), beta);
        }
    }

    /// <inheritdoc/>
    protected override void CrossEntropyCore(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange loss, TensorRange? rowState)
    {
        Span<int> targets = Integers(labels);
        Span<double> state = rowState is { } range ? Reals(range) : new double[shape.Rows + 1];
        double total = 0, totalWeight = 0;
        for (int row = 0; row < shape.Rows; row++)
        {
            Span<double> x = Reals(logits.Slice(row * shape.Classes, shape.Classes));
            double logSum = LogSumExp(x);
            state[row] = logSum;
            int label = targets[row];
            if (label == shape.IgnoreIndex) continue;
            if ((uint)label >= (uint)shape.Classes)
            {
                total = double.NaN;
                continue;
            }
            double smooth = 0;
            for (int c = 0; c < shape.Classes; c++) smooth += WeightOf(weights, c) * (logSum - x[c]);
            total += (1.0 - shape.Smoothing) * WeightOf(weights, label) * (logSum - x[label]);
            if (shape.Smoothing > 0) total += (double)shape.Smoothing / shape.Classes * smooth;
            totalWeight += WeightOf(weights, label);
        }
        state[shape.Rows] = totalWeight;
        Reals(loss)[0] = total / totalWeight;
    }

    /// <inheritdoc/>
    protected override void CrossEntropyBackwardCore(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange rowState, TensorRange dloss, TensorRange dlogits, float beta)
    {
        Span<int> targets = Integers(labels);
        Span<double> state = Reals(rowState);
        double scale = Reals(dloss)[0] / state[shape.Rows];
        double weightSum = 0;
        for (int c = 0; c < shape.Classes; c++) weightSum += WeightOf(weights, c);
        for (int row = 0; row < shape.Rows; row++)
        {
            Span<double> x = Reals(logits.Slice(row * shape.Classes, shape.Classes)), to = Reals(dlogits.Slice(row * shape.Classes, shape.Classes));
            int label = targets[row];
            bool counts = label != shape.IgnoreIndex;
            bool valid = (uint)label < (uint)shape.Classes;
            double labelWeight = counts && valid ? WeightOf(weights, label) : 0;
            double mass = ((1.0 - shape.Smoothing) * labelWeight) + ((double)shape.Smoothing / shape.Classes * weightSum);   // Σ of the row's target
            for (int c = 0; c < shape.Classes; c++)
            {
                double target = (c == label ? (1.0 - shape.Smoothing) * labelWeight : 0) + ((double)shape.Smoothing / shape.Classes * WeightOf(weights, c));
                double value = !counts ? 0 : !valid ? double.NaN : scale * ((mass * Math.Exp(x[c] - state[row])) - target);
                Store(ref to[c], value, beta);
            }
        }
    }

    private static double WeightOf(TensorRange? weights, int c) => weights is { } range ? Reals(range)[c] : 1;

    private static double LogSumExp(ReadOnlySpan<double> x)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double value in x) max = Math.Max(max, value);
        foreach (double value in x) sum += Math.Exp(value - max);
        return max + Math.Log(sum);
    }
}
