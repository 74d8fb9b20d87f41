using ILGPU;

namespace ResearchFreeze.Autograd;

// Norms: many targets a launch, and one launch more for those of several chunks. One target alone takes the same kernels, so it has the same bits.
public sealed partial class GpuDevice
{
    private const int NormChunk = 8192;

    // The ends of the targets of one call that have several chunks. A call's own, kept so that it allocates nothing.
    private readonly List<NormEnd> normEnds = [];

    /// <inheritdoc/>
    protected override void NormCore(NormKind kind, TensorRange x, TensorRange y, TensorRange result)
    {
        var target = new NormTarget(x, y, result, 0);
        NormCore(kind, new ReadOnlySpan<NormTarget>(in target));
    }

    /// <inheritdoc/>
    protected override void NormCore(NormKind kind, ReadOnlySpan<NormTarget> targets)
    {
        // Results have one view a launch, so targets whose results lie in one storage go together.
        for (int from = 0, to; from < targets.Length; from = to)
        {
            to = from + 1;
            while (to < targets.Length && targets[to].Result.Storage == targets[from].Result.Storage) to++;
            NormsOfOneStorage(kind, targets[from..to]);
        }
    }

    private void NormsOfOneStorage(NormKind kind, ReadOnlySpan<NormTarget> targets)
    {
        int groups = 0;
        foreach (ref readonly NormTarget target in targets) groups = checked(groups + ChunksOf(target));
        Storage storage = targets[0].Result.Storage;
        ArrayView<float> partials = Scratch(groups), results = Reals(new TensorRange(storage, 0, storage.Length));
        normEnds.Clear();
        int size = kind == NormKind.SquaredDistance ? Bundle<DistanceItem>.Size : Bundle16<NormItem>.Size, done = 0;
        for (int from = 0; from < targets.Length; from += size)
        {
            ReadOnlySpan<NormTarget> some = targets.Slice(from, Math.Min(size, targets.Length - from));
            int mine = kind == NormKind.SquaredDistance ? Distances(some, done, partials.SubView(done), results) : Norms(kind, some, done, partials.SubView(done), results);
            done += mine;
        }
        for (int from = 0; from < normEnds.Count; from += Bundle16<NormEnd>.Size)
        {
            Bundle16<NormEnd> bundle = default;
            int count = Math.Min(Bundle16<NormEnd>.Size, normEnds.Count - from);
            for (int i = 0; i < count; i++) bundle.Set(i, normEnds[from + i], i);
            bundle.Close(count);
            launchers.FinishNorms(stream, new KernelConfig(count, Cell.GroupSize), bundle, partials, results);
        }
    }

    /// <summary>One launch; returns its groups.</summary>
    private int Norms(NormKind kind, ReadOnlySpan<NormTarget> targets, int before, ArrayView<float> partials, ArrayView<float> results)
    {
        Bundle16<NormItem> bundle = default;
        int groups = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            int chunks = ChunksOf(targets[i]);
            bundle.Set(i, new NormItem { X = Reals(targets[i].X), Chunk = ChunkOf(targets[i], chunks), Start = groups, Place = PlaceOf(targets[i], chunks, before + groups) }, groups);
            groups += chunks;
        }
        bundle.Close(targets.Length);
        launchers.Norms(stream, new KernelConfig(groups, Cell.GroupSize), bundle, partials, results, kind == NormKind.L1 ? 1 : 0);
        return groups;
    }

    /// <summary>One launch; returns its groups.</summary>
    private int Distances(ReadOnlySpan<NormTarget> targets, int before, ArrayView<float> partials, ArrayView<float> results)
    {
        Bundle<DistanceItem> bundle = default;
        int groups = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            int chunks = ChunksOf(targets[i]);
            bundle.Set(i, new DistanceItem { X = Reals(targets[i].X), Y = Reals(targets[i].Y), Chunk = ChunkOf(targets[i], chunks), Start = groups, Place = PlaceOf(targets[i], chunks, before + groups) }, groups);
            groups += chunks;
        }
        bundle.Close(targets.Length);
        launchers.Distances(stream, new KernelConfig(groups, Cell.GroupSize), bundle, partials, results);
        return groups;
    }

    private static int ChunksOf(in NormTarget target) => Math.Clamp((int)(((long)target.X.Length + NormChunk - 1) / NormChunk), 1, MaxChunks);

    private static int ChunkOf(in NormTarget target, int chunks) => (int)(((long)target.X.Length + chunks - 1) / chunks);

    /// <summary>Where a target's sum goes; −1, and a note of its end, where it has several chunks, the first of them here.</summary>
    private int PlaceOf(in NormTarget target, int chunks, int start)
    {
        if (chunks == 1) return target.Result.Offset;
        normEnds.Add(new NormEnd { Chunks = chunks, Start = start, Place = target.Result.Offset });
        return -1;
    }
}
