using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// One group a query, or a key: as many of the others at a time as it has threads, with a running maximum and sum. A head's row, and the result's, are in shared memory; a thread has its columns of it to itself. Scores never reach
/// the device's memory.
/// </summary>
internal static class AttentionKernels
{
    internal static void Forward(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> lengths, ArrayView<float> mask, ArrayView<float> y, ArrayView<float> state, AttentionArguments s)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize), q = SharedMemory.Allocate<float>(AttentionShape.MostSize), sums = SharedMemory.Allocate<float>(AttentionShape.MostSize);
        ArrayView<float> weights = SharedMemory.Allocate<float>(Cell.GroupSize);
        int row = Grid.IdxX, i = row % s.Queries, head = row / s.Queries % s.Heads, sequence = row / (s.Queries * s.Heads), thread = Group.IdxX, width = s.Heads * s.Size;
        long queryAt = ((((long)sequence * s.Queries) + i) * s.QueryStride) + (head * s.Size);
        for (int c = thread; c < s.Size; c += Group.DimX)
        {
            q[c] = query[queryAt + c];
            sums[c] = 0f;
        }
        float max = Interop.IntAsFloat(0xFF800000u), sum = 0f;       // −∞
        int visible = Visible(s, lengths, sequence, i);
        for (int first = 0; first < visible; first += Group.DimX)
        {
            Group.Barrier();                                         // the rows are there, and the weights before have been used
            int j = first + thread;
            float score = j < visible ? Score(s, q, key, KeyAt(s, sequence, head, j), mask, sequence, head, i, j) : Interop.IntAsFloat(0xFF800000u);
            float largest = Cell.GroupMax(shared, score);
            if (max > largest) largest = max;
            // A score that is no number is no maximum, but goes into the sum.
            float weight = score <= Interop.IntAsFloat(0xFF800000u) ? 0f : GpuMath.Exp(score - largest), before = largest > Interop.IntAsFloat(0xFF800000u) ? GpuMath.Exp(max - largest) : 1f;
            max = largest;
            sum = (sum * before) + Cell.GroupSum(shared, weight);
            weights[thread] = weight * Kept(s, sequence, head, i, j);
            Group.Barrier();
            int count = visible - first < Group.DimX ? visible - first : Group.DimX;
            for (int c = thread; c < s.Size; c += Group.DimX)
            {
                float total = sums[c] * before;
                for (int k = 0; k < count; k++) total += weights[k] * value[ValueAt(s, sequence, head, first + k) + c];
                sums[c] = total;
            }
        }
        long resultAt = ((((long)sequence * s.Queries) + i) * width) + (head * s.Size);
        for (int c = thread; c < s.Size; c += Group.DimX) y[resultAt + c] = sum == 0f ? 0f : sums[c] / sum;
        if (thread != 0 || s.HasState == 0) return;
        state[row] = sum == 0f ? Interop.IntAsFloat(0x7F800000u) : max;
        state[s.Rows + row] = sum == 0f ? 0f : GpuMath.Log(sum);
    }

    /// <summary>One group a query: dQ = scale · Σ dS·K.</summary>
    internal static void QueryGradient(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> lengths, ArrayView<float> mask, ArrayView<float> y, ArrayView<float> state, ArrayView<float> dy, ArrayView<float> dquery,
        AttentionArguments s, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize), q = SharedMemory.Allocate<float>(AttentionShape.MostSize), gradient = SharedMemory.Allocate<float>(AttentionShape.MostSize);
        ArrayView<float> sums = SharedMemory.Allocate<float>(AttentionShape.MostSize), weights = SharedMemory.Allocate<float>(Cell.GroupSize);
        int row = Grid.IdxX, i = row % s.Queries, head = row / s.Queries % s.Heads, sequence = row / (s.Queries * s.Heads), thread = Group.IdxX, width = s.Heads * s.Size;
        long queryAt = ((((long)sequence * s.Queries) + i) * s.QueryStride) + (head * s.Size), resultAt = ((((long)sequence * s.Queries) + i) * width) + (head * s.Size);
        float through = 0f;
        for (int c = thread; c < s.Size; c += Group.DimX)
        {
            q[c] = query[queryAt + c];
            gradient[c] = dy[resultAt + c];
            sums[c] = 0f;
            through += dy[resultAt + c] * y[resultAt + c];
        }
        through = Cell.GroupSum(shared, through);
        float largest = state[row], logSum = state[s.Rows + row];
        int visible = Visible(s, lengths, sequence, i);
        for (int first = 0; first < visible; first += Group.DimX)
        {
            Group.Barrier();
            int j = first + thread;
            float dscore = 0f;
            if (j < visible)
            {
                float weight = GpuMath.Exp(Score(s, q, key, KeyAt(s, sequence, head, j), mask, sequence, head, i, j) - largest - logSum);
                dscore = weight * ((Kept(s, sequence, head, i, j) * Dot(gradient, value, ValueAt(s, sequence, head, j), s.Size)) - through);
            }
            weights[thread] = dscore;
            Group.Barrier();
            int count = visible - first < Group.DimX ? visible - first : Group.DimX;
            for (int c = thread; c < s.Size; c += Group.DimX)
            {
                float total = sums[c];
                for (int k = 0; k < count; k++) total += weights[k] * key[KeyAt(s, sequence, head, first + k) + c];
                sums[c] = total;
            }
        }
        for (int c = thread; c < s.Size; c += Group.DimX) Store(dquery, queryAt + c, s.Scale * sums[c], beta);
    }

    /// <summary>One group a key: dK = scale · Σ dS·Q and dV = Σ P·dY, of those that are wanted.</summary>
    internal static void KeyGradient(
        ArrayView<float> query, ArrayView<float> key, ArrayView<float> value, ArrayView<int> lengths, ArrayView<float> mask, ArrayView<float> y, ArrayView<float> state, ArrayView<float> dy, ArrayView<float> dkey,
        ArrayView<float> dvalue, AttentionArguments s, float keyBeta, float valueBeta)
    {
        ArrayView<float> k = SharedMemory.Allocate<float>(AttentionShape.MostSize), v = SharedMemory.Allocate<float>(AttentionShape.MostSize), keySums = SharedMemory.Allocate<float>(AttentionShape.MostSize);
        ArrayView<float> valueSums = SharedMemory.Allocate<float>(AttentionShape.MostSize), scores = SharedMemory.Allocate<float>(Cell.GroupSize), weights = SharedMemory.Allocate<float>(Cell.GroupSize);
        int row = Grid.IdxX, j = row % s.Keys, head = row / s.Keys % s.Heads, sequence = row / (s.Keys * s.Heads), thread = Group.IdxX, width = s.Heads * s.Size;
        long keyAt = KeyAt(s, sequence, head, j), valueAt = ValueAt(s, sequence, head, j), resultAt = ((long)sequence * s.Queries * width) + (head * s.Size);
        for (int c = thread; c < s.Size; c += Group.DimX)
        {
            k[c] = key[keyAt + c];
            v[c] = s.WantsKey != 0 ? value[valueAt + c] : 0f;
            keySums[c] = 0f;
            valueSums[c] = 0f;
        }
        int start = j < Limit(s, lengths, sequence) ? 0 : s.Queries;
        if (s.IsCausal != 0 && j > start) start = j;
        for (int first = start; first < s.Queries; first += Group.DimX)
        {
            Group.Barrier();
            int i = first + thread;
            float dscore = 0f, weight = 0f;
            if (i < s.Queries)
            {
                long queryAt = ((((long)sequence * s.Queries) + i) * s.QueryStride) + (head * s.Size), at = resultAt + ((long)i * width);
                int own = (((sequence * s.Heads) + head) * s.Queries) + i;
                weight = GpuMath.Exp(Score(s, k, query, queryAt, mask, sequence, head, i, j) - state[own] - state[s.Rows + own]);
                float kept = Kept(s, sequence, head, i, j);
                if (s.WantsKey != 0)
                {
                    float through = 0f;
                    for (int c = 0; c < s.Size; c++) through += dy[at + c] * y[at + c];
                    dscore = weight * ((kept * Dot(v, dy, at, s.Size)) - through);
                }
                weight *= kept;
            }
            scores[thread] = dscore;
            weights[thread] = weight;
            Group.Barrier();
            int count = s.Queries - first < Group.DimX ? s.Queries - first : Group.DimX;
            for (int c = thread; c < s.Size; c += Group.DimX)
            {
                float keyTotal = keySums[c], valueTotal = valueSums[c];
                for (int n = 0; n < count; n++)
                {
                    long at = ((long)sequence * s.Queries) + first + n;
                    if (s.WantsKey != 0) keyTotal += scores[n] * query[(at * s.QueryStride) + (head * s.Size) + c];
                    if (s.WantsValue != 0) valueTotal += weights[n] * dy[(at * width) + (head * s.Size) + c];
                }
                keySums[c] = keyTotal;
                valueSums[c] = valueTotal;
            }
        }
        for (int c = thread; c < s.Size; c += Group.DimX)
        {
            if (s.WantsKey != 0) Store(dkey, keyAt + c, s.Scale * keySums[c], keyBeta);
            if (s.WantsValue != 0) Store(dvalue, valueAt + c, valueSums[c], valueBeta);
        }
    }

    private static int Limit(AttentionArguments s, ArrayView<int> lengths, int sequence)
    {
        if (s.HasLengths == 0) return s.Keys;
        int length = lengths[sequence];
        return length < 0 ? 0 : length > s.Keys ? s.Keys : length;
    }

    private static int Visible(AttentionArguments s, ArrayView<int> lengths, int sequence, int i)
    {
        int limit = Limit(s, lengths, sequence);
        return s.IsCausal != 0 && i + 1 < limit ? i + 1 : limit;
    }

    private static long KeyAt(AttentionArguments s, int sequence, int head, int j) => ((((long)sequence * s.Keys) + j) * s.KeyStride) + (head * s.Size);

    private static long ValueAt(AttentionArguments s, int sequence, int head, int j) => ((((long)sequence * s.Keys) + j) * s.ValueStride) + (head * s.Size);

    /// <summary>The score of a pair, of which one is in shared memory.</summary>
    private static float Score(AttentionArguments s, ArrayView<float> row, ArrayView<float> other, long at, ArrayView<float> mask, int sequence, int head, int i, int j)
    {
        float score = s.Scale * Dot(row, other, at, s.Size);
        return s.HasMask == 0 ? score : score + mask[((long)sequence * s.MaskBatchStride) + ((long)head * s.MaskHeadStride) + ((long)i * s.Keys) + j];
    }

    private static float Dot(ArrayView<float> row, ArrayView<float> other, long at, int size)
    {
        float sum = 0f;
        for (int c = 0; c < size; c++) sum += row[c] * other[at + c];
        return sum;
    }

    private static float Kept(AttentionArguments s, int sequence, int head, int i, int j)
    {
        if (s.Threshold == 0u) return 1f;
        ulong first = ((((((ulong)sequence * (ulong)s.Heads) + (ulong)head) * (ulong)s.Queries) + (ulong)i) * (((ulong)s.Keys + 3UL) & ~3UL)) + (ulong)j;
        return Philox.Draw(s.Stream, s.Step, first) < s.Threshold ? 0f : s.DropoutScale;
    }

    private static void Store(ArrayView<float> y, long i, float value, float beta)
    {
        if (beta == 0f) y[i] = value;
        else y[i] = value + (beta * y[i]);
    }
}
