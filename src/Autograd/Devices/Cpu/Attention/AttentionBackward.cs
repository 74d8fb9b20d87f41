using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The wanted gradients of a sequence's head: blocks of keys, and in each the blocks of queries that see them. What is not wanted is not computed, and changes no bit of what is.</summary>
internal unsafe struct AttentionBackward<TKernel> : IParallelWork
    where TKernel : struct, IGemmKernel
{
    public AttentionJob Job;
    public AttentionSpace[] Spaces;

    private readonly bool NeedsScores => Job.QueryGradient != null || Job.KeyGradient != null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        AttentionSpace space = Spaces[worker];
        (int sequence, int head) = Job.Item(part);
        AttentionShape shape = Job.Shape;
        int keys = Job.KeysOf(sequence);
        for (int key = 0; key < keys; key += AttentionJob.KeyBlock) Keys(space, sequence, head, key, Math.Min(AttentionJob.KeyBlock, keys - key), keys);
        // Padding has no gradient, and queries that see nothing have none.
        if (Job.KeyGradient != null) Scale(Job.KeyGradient + Job.KeyAt(sequence, head, keys), shape.KeyStride, shape.Keys - keys, Job.KeyBeta);
        if (Job.ValueGradient != null) Scale(Job.ValueGradient + Job.ValueAt(sequence, head, keys), shape.ValueStride, shape.Keys - keys, Job.ValueBeta);
        if (Job.QueryGradient != null && keys == 0) Scale(Job.QueryGradient + Job.QueryAt(sequence, head, 0), shape.QueryStride, shape.Queries, Job.QueryBeta);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Keys(AttentionSpace space, int sequence, int head, int key, int count, int keys)
    {
        AttentionShape shape = Job.Shape;
        float* k = Job.Key + Job.KeyAt(sequence, head, key);
        AttentionProducts<TKernel>.Turn(k, shape.KeyStride, count, shape.Size, space.TurnedKeys);
        if (NeedsScores) AttentionProducts<TKernel>.Turn(Job.Value + Job.ValueAt(sequence, head, key), shape.ValueStride, count, shape.Size, space.TurnedValues);
        if (Job.QueryGradient != null) AttentionRows<TKernel>.Copy(k, shape.KeyStride, count, shape.Size, 1, space.Keys, space.Width);
        // A block before the keys' sees none of them.
        int first = shape.IsCausal ? key / AttentionJob.QueryBlock * AttentionJob.QueryBlock : 0;
        for (int query = first; query < shape.Queries; query += AttentionJob.QueryBlock)
            Block(space, sequence, head, query, Math.Min(AttentionJob.QueryBlock, shape.Queries - query), key, count, keys, query > first);
        bool any = first < shape.Queries;
        for (int row = 0; row < count; row++)
        {
            if (Job.KeyGradient != null) Put(any, space.KeyGradients + (row * space.Width), Job.KeyGradient + Job.KeyAt(sequence, head, key + row), Job.KeyBeta);
            if (Job.ValueGradient != null) Put(any, space.ValueGradients + (row * space.Width), Job.ValueGradient + Job.ValueAt(sequence, head, key + row), Job.ValueBeta);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(AttentionSpace space, int sequence, int head, int query, int queries, int key, int count, int keys, bool adds)
    {
        AttentionShape shape = Job.Shape;
        int padded = (count + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns, width = space.Width;
        float* dy = Job.OutputGradient + Job.ResultAt(sequence, head, query), y = Job.Y == null ? null : Job.Y + Job.ResultAt(sequence, head, query);
        AttentionRows<TKernel>.Copy(Job.Query + Job.QueryAt(sequence, head, query), shape.QueryStride, queries, shape.Size, shape.Scale, space.Queries, width);
        AttentionRows<TKernel>.Copy(dy, shape.Width, queries, shape.Size, 1, space.OutputGradients, width);
        AttentionProducts<TKernel>.Scores(space, space.Queries, queries, shape.Size, space.TurnedKeys, padded, space.Scores);
        for (int row = 0; row < queries; row++)
        {
            float* scores = space.Scores + (row * AttentionSpace.ScoreStride), mask = Job.MaskAt(sequence, head, query + row);
            if (key == 0) Job.Ask((sequence * shape.Heads) + head + 1, query + row);
            int visible = Visible(query + row, key, count, keys);
            if (mask != null) AttentionRows<TKernel>.Mask(scores, mask + key, visible);
            nint state = Job.StateAt(sequence, head, query + row);
            AttentionRows<TKernel>.WeighBySum(scores, visible, padded, Job.State[state], Job.State[shape.Rows + state]);
        }
        if (Job.ValueGradient != null)
        {
            float* kept = space.Scores;
            if (shape.Dropout.Probability > 0) Drop(space, space.Scores, kept = space.Weights, sequence, head, query, queries, key, count, keys);
            AttentionProducts<TKernel>.Rows(space, kept, 1, AttentionSpace.ScoreStride, count, queries, space.OutputGradients, space.ValueGradients, adds);
        }
        if (!NeedsScores) return;
        AttentionProducts<TKernel>.Scores(space, space.OutputGradients, queries, shape.Size, space.TurnedValues, padded, space.Weights);
        if (shape.Dropout.Probability > 0) Drop(space, space.Weights, space.Weights, sequence, head, query, queries, key, count, keys);
        for (int row = 0; row < queries; row++)
        {
            float through = AttentionRows<TKernel>.Dot(dy + (row * shape.Width), y + (row * shape.Width), shape.Size);
            AttentionRows<TKernel>.ScoreGradients(space.Scores + (row * AttentionSpace.ScoreStride), space.Weights + (row * AttentionSpace.ScoreStride), padded, through);
        }
        if (Job.KeyGradient != null) AttentionProducts<TKernel>.Rows(space, space.Scores, 1, AttentionSpace.ScoreStride, count, queries, space.Queries, space.KeyGradients, adds);
        if (Job.QueryGradient == null) return;
        AttentionProducts<TKernel>.Rows(space, space.Scores, AttentionSpace.ScoreStride, 1, queries, count, space.Keys, space.Results, adds: false);
        for (int row = 0; row < queries; row++)
            AttentionRows<TKernel>.Add(space.Results + (row * width), shape.Scale, shape.Size, Job.QueryGradient + Job.QueryAt(sequence, head, query + row), key == 0 ? Job.QueryBeta : 1);
    }

    /// <summary>How many of a block's keys a query sees.</summary>
    private readonly int Visible(int query, int key, int count, int keys) => Math.Clamp(Job.Shape.Visible(query, keys) - key, 0, count);

    private readonly void Drop(AttentionSpace space, float* from, float* to, int sequence, int head, int query, int queries, int key, int count, int keys)
    {
        int padded = (count + TKernel.Columns - 1) / TKernel.Columns * TKernel.Columns;
        for (int row = 0; row < queries; row++)
        {
            int at = row * AttentionSpace.ScoreStride;
            ulong first = Job.Shape.FirstDraw(sequence, head, query + row) + (ulong)key;
            AttentionRows<TKernel>.Drop(from + at, to + at, Visible(query + row, key, count, keys), padded, Job.Shape.Dropout, first, space.Draws);
        }
    }

    /// <summary>to ← the rows, or nothing where no query sees them, + beta · to.</summary>
    private readonly void Put(bool any, float* rows, float* to, float beta)
    {
        if (any) AttentionRows<TKernel>.Add(rows, 1, Job.Shape.Size, to, beta);
        else Scale(to, 0, 1, beta);
    }

    /// <summary>Rows ← beta · rows, where 0 does not read them.</summary>
    private readonly void Scale(float* to, nint stride, int rows, float beta)
    {
        for (; rows > 0; rows--, to += stride)
        {
            if (beta == 0) new Span<float>(to, Job.Shape.Size).Clear();
            else AttentionRows<TKernel>.Add(to, beta, Job.Shape.Size, to, 0);
        }
    }
}
