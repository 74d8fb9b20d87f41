using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Largest elements over axes and where they are. The first of equals counts, and a NaN is larger than any number.</summary>
internal static class ExtremeKernels
{
    /// <summary>One thread an output: for many outputs of few elements each.</summary>
    internal static void ByThread(ArrayView<float> x, ArrayView<float> y, ArrayView<int> indices, ReduceWalk walk, int count, int hasIndices)
    {
        int output = Grid.GlobalIndex.X;
        if (output >= y.IntLength) return;
        int start = walk.Start(output), place = start;
        float best = x[start];
        for (int s = 1; s < count; s++)
        {
            int at = start + walk.Step(s);
            float value = x[at];
            if (!IsLarger(value, best)) continue;
            best = value;
            place = at;
        }
        y[output] = best;
        if (hasIndices != 0) indices[output] = place;
    }

    /// <summary>One group an output. A thread without an element of its own takes the first one, which changes nothing.</summary>
    internal static void ByGroup(ArrayView<float> x, ArrayView<float> y, ArrayView<int> indices, ReduceWalk walk, int count, int hasIndices)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(Cell.GroupSize);
        ArrayView<int> places = SharedMemory.Allocate<int>(Cell.GroupSize);
        int thread = Group.IdxX, output = Grid.IdxX, start = walk.Start(output);
        int place = thread < count ? start + walk.Step(thread) : start;
        float best = x[place];
        for (int s = thread + Group.DimX; s < count; s += Group.DimX)
        {
            int at = start + walk.Step(s);
            float value = x[at];
            if (!IsLarger(value, best)) continue;
            best = value;
            place = at;
        }
        values[thread] = best;
        places[thread] = place;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                float value = values[thread + half];
                int at = places[thread + half];
                bool isEqual = !IsLarger(values[thread], value) && !IsLarger(value, values[thread]);
                if (IsLarger(value, values[thread]) || (isEqual && at < places[thread]))
                {
                    values[thread] = value;
                    places[thread] = at;
                }
            }
            Group.Barrier();
        }
        if (thread != 0) return;
        y[output] = values[0];
        if (hasIndices != 0) indices[output] = places[0];
    }

    /// <summary>One thread an input, which asks its output whether it was the largest; the walk's A is the output.</summary>
    internal static void Backward(ArrayView<int> indices, ArrayView<float> dy, ArrayView<float> dx, BroadcastWalk walk, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        (int output, int _) = walk.Locate(i);
        Cell.Store(dx, i, indices[output] == i ? dy[output] : 0f, beta);
    }

    internal static bool IsLarger(float value, float best) => value > best || (GpuMath.IsNaN(value) && !GpuMath.IsNaN(best));
}
