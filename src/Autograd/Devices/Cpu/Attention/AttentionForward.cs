using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The forward pass of a sequence's head, or of some of its queries.</summary>
internal unsafe struct AttentionForward<TKernel> : IParallelWork
    where TKernel : struct, IGemmKernel
{
    public AttentionJob Job;
    public AttentionSpace[] Spaces;

    /// <summary>Parts that the queries of an item are cut into: one, or one a block.</summary>
    public int Shares;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        AttentionSpace space = Spaces[worker];
        (int item, int share) = Math.DivRem(part, Shares);
        (int sequence, int head) = Job.Item(item);
        int keys = Job.KeysOf(sequence), queries = Job.Shape.Queries;
        int first = Shares == 1 ? 0 : share * AttentionJob.QueryBlock, end = Shares == 1 ? queries : Math.Min(queries, first + AttentionJob.QueryBlock);
        int needed = Job.Shape.Visible(end - 1, keys);
        AttentionProducts<TKernel>.Turn(Job.Key + Job.KeyAt(sequence, head, 0), Job.Shape.KeyStride, needed, Job.Shape.Size, space.TurnedKeys);
        AttentionRows<TKernel>.Copy(Job.Value + Job.ValueAt(sequence, head, 0), Job.Shape.ValueStride, needed, Job.Shape.Size, 1, space.Values, space.Width);
        for (int query = first; query < end; query += AttentionJob.QueryBlock) Block(space, sequence, head, query, Math.Min(AttentionJob.QueryBlock, end - query), keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(AttentionSpace space, int sequence, int head, int query, int queries, int keys)
    {
        AttentionShape shape = Job.Shape;
        AttentionRows<TKernel>.Copy(Job.Query + Job.QueryAt(sequence, head, query), shape.QueryStride, queries, shape.Size, shape.Scale, space.Queries, space.Width);
        new Span<float>(space.Maxima, queries).Fill(float.NegativeInfinity);
        new Span<float>(space.Sums, queries).Clear();
        int end = shape.Visible(query + queries - 1, keys);
        for (int key = 0; key < end; key += AttentionJob.KeyBlock)
        {
            int count = Math.Min(AttentionJob.KeyBlock, end - key), padded = (count + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns;
            AttentionProducts<TKernel>.Scores(space, space.Queries, queries, shape.Size, space.TurnedKeys + (key * shape.Size), padded, space.Scores);
            for (int row = 0; row < queries; row++)
            {
                if (key == 0) Job.Ask((sequence * shape.Heads) + head + 1, query + row);
                int visible = Math.Clamp(shape.Visible(query + row, keys) - key, 0, count);
                float* scores = space.Scores + (row * AttentionSpace.ScoreStride), mask = Job.MaskAt(sequence, head, query + row);
                if (mask != null) AttentionRows<TKernel>.Mask(scores, mask + key, visible);
                float before = AttentionRows<TKernel>.Weigh(scores, visible, padded, key == 0, ref space.Maxima[row], ref space.Sums[row]);
                if (key > 0) AttentionRows<TKernel>.Add(space.Results + (row * space.Width), before, space.Width, space.Results + (row * space.Width), 0);
                if (shape.Dropout.Probability > 0) AttentionRows<TKernel>.Drop(scores, scores, visible, padded, shape.Dropout, shape.FirstDraw(sequence, head, query + row) + (ulong)key, space.Draws);
            }
            AttentionProducts<TKernel>.Rows(space, space.Scores, AttentionSpace.ScoreStride, 1, queries, count, space.Values + (key * space.Width), space.Results, key > 0);
        }
        for (int row = 0; row < queries; row++)
        {
            float sum = space.Sums[row];
            float* y = Job.Y + Job.ResultAt(sequence, head, query + row);
            // No key was seen: NaN is not 0 and goes on.
            if (sum == 0) new Span<float>(y, shape.Size).Clear();
            else AttentionRows<TKernel>.Add(space.Results + (row * space.Width), 1 / sum, shape.Size, y, 0);
            if (Job.State == null) continue;
            nint state = Job.StateAt(sequence, head, query + row);
            (Job.State[state], Job.State[shape.Rows + state]) = sum == 0 ? (float.PositiveInfinity, 0) : (space.Maxima[row], CpuMath.Log(sum));
        }
    }
}
