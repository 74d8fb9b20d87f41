namespace ResearchFreeze.Autograd;

// Attention, query by query.
public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void AttentionCore(in AttentionShape shape, TensorRange query, TensorRange key, TensorRange value, TensorRange? lengths, TensorRange? mask, TensorRange y, TensorRange? state)
    {
        AttentionShape s = shape;
        var weights = new double[s.Keys];
        ForEachQuery(s, (sequence, head, i) =>
        {
            int visible = Scores(s, query, key, lengths, mask, sequence, head, i, weights);
            double max = double.NegativeInfinity, total = 0;
            for (int j = 0; j < visible; j++) max = Math.Max(max, weights[j]);
            for (int j = 0; j < visible && !double.IsNegativeInfinity(max); j++) total += Math.Exp(weights[j] - max);
            bool seesNone = double.IsNegativeInfinity(max);
            (double largest, double logSum) = seesNone ? (double.PositiveInfinity, 0) : (max, Math.Log(total));
            ToWeights(weights, visible, largest, logSum);
            int row = (((sequence * s.Heads) + head) * s.Queries) + i;
            if (state is { } kept) (Reals(kept)[row], Reals(kept)[s.Rows + row]) = (largest, logSum);
            for (int c = 0; c < s.Size; c++)
            {
                double sum = 0;
                for (int j = 0; j < s.Keys; j++)
                {
                    if (j < visible && !seesNone) sum += weights[j] * Kept(s, sequence, head, i, j) * Reals(value)[(((sequence * s.Keys) + j) * s.ValueStride) + (head * s.Size) + c];
                }
                Reals(y)[(((sequence * s.Queries) + i) * s.Width) + (head * s.Size) + c] = sum;
            }
        });
    }

    /// <inheritdoc/>
    protected override void AttentionBackwardCore(
        in AttentionShape shape, TensorRange query, TensorRange key, TensorRange? value, TensorRange? lengths, TensorRange? mask, TensorRange? y, TensorRange state, TensorRange dy, in AttentionGradients wanted)
    {
        AttentionShape s = shape;
        AttentionGradients targets = wanted;
        ScaleRows(s, targets.Query, s.Queries, s.QueryStride, targets.QueryBeta);
        ScaleRows(s, targets.Key, s.Keys, s.KeyStride, targets.KeyBeta);
        ScaleRows(s, targets.Value, s.Keys, s.ValueStride, targets.ValueBeta);
        var weights = new double[s.Keys];
        ForEachQuery(s, (sequence, head, i) =>
        {
            int own = (((sequence * s.Heads) + head) * s.Queries) + i;
            ToWeights(weights, Scores(s, query, key, lengths, mask, sequence, head, i, weights), Reals(state)[own], Reals(state)[s.Rows + own]);
            int at = head * s.Size, row = (((sequence * s.Queries) + i) * s.Width) + at, q = (((sequence * s.Queries) + i) * s.QueryStride) + at;
            Span<double> gradient = Reals(dy).Slice(row, s.Size);
            double through = 0;
            for (int c = 0; targets.NeedsScores && c < s.Size; c++) through += gradient[c] * Reals(y!.Value)[row + c];
            for (int j = 0; j < s.Keys; j++)
            {
                if (weights[j] == 0) continue;
                int k = (((sequence * s.Keys) + j) * s.KeyStride) + at, v = (((sequence * s.Keys) + j) * s.ValueStride) + at;
                double kept = Kept(s, sequence, head, i, j);
                for (int c = 0; targets.Value is not null && c < s.Size; c++) Reals(targets.Value.Value)[v + c] += weights[j] * kept * gradient[c];
                if (!targets.NeedsScores) continue;
                double dweight = 0;
                for (int c = 0; c < s.Size; c++) dweight += gradient[c] * Reals(value!.Value)[v + c];
                double dscore = s.Scale * weights[j] * ((kept * dweight) - through);
                for (int c = 0; targets.Query is not null && c < s.Size; c++) Reals(targets.Query.Value)[q + c] += dscore * Reals(key)[k + c];
                for (int c = 0; targets.Key is not null && c < s.Size; c++) Reals(targets.Key.Value)[k + c] += dscore * Reals(query)[q + c];
            }
        });
    }

    private static void ForEachQuery(in AttentionShape shape, Action<int, int, int> apply)
    {
        for (int sequence = 0; sequence < shape.Batch; sequence++)
        {
            for (int head = 0; head < shape.Heads; head++)
            {
                for (int i = 0; i < shape.Queries; i++) apply(sequence, head, i);
            }
        }
    }

    /// <summary>A query's scores; returns how many keys it sees.</summary>
    private int Scores(in AttentionShape s, TensorRange query, TensorRange key, TensorRange? lengths, TensorRange? mask, int sequence, int head, int i, double[] scores)
    {
        int visible = s.Visible(i, lengths is { } range ? s.Within(Integers(range)[sequence]) : s.Keys), at = head * s.Size;
        for (int j = 0; j < visible; j++)
        {
            double score = 0;
            for (int c = 0; c < s.Size; c++) score += Reals(query)[(((sequence * s.Queries) + i) * s.QueryStride) + at + c] * Reals(key)[(((sequence * s.Keys) + j) * s.KeyStride) + at + c];
            scores[j] = score * s.Scale;
            if (mask is { } added) scores[j] += Reals(added)[(sequence * s.MaskBatchStride) + (head * s.MaskHeadStride) + (i * s.Keys) + j];
        }
        return visible;
    }

    /// <summary>Scores to weights; 0 where no key is seen.</summary>
    private static void ToWeights(double[] scores, int visible, double largest, double logSum)
    {
        for (int j = 0; j < scores.Length; j++) scores[j] = j < visible ? Math.Exp(scores[j] - largest - logSum) : 0;
    }

    /// <summary>What dropout makes of a weight: 0, or the rest's factor.</summary>
    private static double Kept(in AttentionShape s, int sequence, int head, int i, int j)
    {
        if (s.Dropout.Probability == 0) return 1;
        return Philox.Draw(s.Dropout.Stream, s.Dropout.Step, s.FirstDraw(sequence, head, i) + (ulong)j) < s.Dropout.Threshold ? 0 : s.Dropout.Scale;
    }

    /// <summary>The heads' part of rows ← beta · rows.</summary>
    private void ScaleRows(in AttentionShape s, TensorRange? range, int rows, int stride, float beta)
    {
        if (range is not { } given) return;
        for (int row = 0; row < s.Batch * rows; row++)
        {
            foreach (ref double value in Reals(given).Slice(row * stride, s.Width)) value = beta == 0 ? 0 : beta * value;
        }
    }
}
