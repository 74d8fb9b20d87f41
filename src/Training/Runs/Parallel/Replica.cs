using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// One rank of a data-parallel run: it reads its parts of every batch, has their gradients reduced with those of the others, and keeps what no gradient says alike: running moments, positions of random streams, whether the run was
/// cancelled, what was measured on validation data. A run with ordered sums is one too, if it is alone.
/// </summary>
internal sealed class Replica : IDisposable
{
    private readonly RunParts parts;
    private readonly DataParallel parallel;
    private readonly RunningMoments moments;
    private readonly Dropout[] dropouts;
    private readonly BatchNorm[] norms;
    private readonly SynchronisedMoments? synchronised;
    private readonly long[] passes;
    private readonly int slots, accumulate;

    // What is said of a step beside its gradients: whether to stop, each part's loss, positions of random streams, which moments were written.
    private readonly byte[] mine, all;
    private readonly double[] losses;
    private readonly List<(double Loss, long Weight)> means = [];      // kept, so that a step makes no garbage
    private PartWeights? weights;
    private int stepSamples, ownSamples;

    private Replica(RunParts parts, ICommunicator communicator)
    {
        this.parts = parts;
        accumulate = parts.Settings.Accumulate;
        Cut = CutOf(parts.Settings, communicator);
        parallel = new DataParallel(communicator, parts.Model.Parameters(), new ReduceOptions { Shards = parts.Settings.Shards ?? 0 });
        moments = new RunningMoments(parts.Model, parallel);
        norms = [.. parts.Model.Modules().OfType<BatchNorm>().Distinct()];
        if (parts.Settings.SynchronisedNorms && communicator.Size > 1) synchronised = new SynchronisedMoments(communicator);
        dropouts = [.. parts.Model.Modules().OfType<Dropout>().Distinct()];
        passes = new long[dropouts.Length];
        slots = Enumerable.Range(0, communicator.Size).Max(rank => BatchCut.Of(Cut.Parts, rank, communicator.Size).Count);
        losses = new double[accumulate * slots];
        mine = new byte[sizeof(double) * (1 + losses.Length + dropouts.Length + moments.Words)];
        all = new byte[mine.Length * communicator.Size];
    }

    /// <summary>The ranks.</summary>
    public ICommunicator Communicator => parallel.Communicator;

    /// <summary>Whether this one writes and says what there is to be.</summary>
    public bool IsFirst => Communicator.Rank == 0;

    /// <summary>This rank's parts of a batch.</summary>
    public BatchCut Cut { get; }

    /// <summary>Whether a rank was asked to end the run, as all know since the last step.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Seconds that this rank has waited for others.</summary>
    public double WaitSeconds => parallel.WaitSeconds;

    /// <summary>The place of a run among ranks; null: it is alone, and adds in one piece.</summary>
    public static Replica? Of(RunParts parts, ICommunicator? communicator) =>
        communicator is null && parts.Settings.Shards is null ? null : new Replica(parts, communicator ?? Loopback.Alone());

    /// <summary>A rank's parts of a batch.</summary>
    public static BatchCut CutOf(RunSettings settings, ICommunicator? communicator) =>
        BatchCut.Of(settings.Shards ?? communicator?.Size ?? 1, communicator?.Rank ?? 0, communicator?.Size ?? 1);

    /// <summary>How many gradients of each parameter a rank has at a time: with ordered sums one a part beside the sum, but on the first where parts have one pass each.</summary>
    public static int SumsOf(RunSettings settings, ICommunicator? communicator) =>
        settings.Shards is null ? 1 : communicator is not { Rank: > 0 } && settings.Accumulate == 1 ? 2 : 2 + CutOf(settings, communicator).Count;

    /// <summary>An epoch's parts, read one by one.</summary>
    public IEnumerator<Batch> Begin(int epoch, int startBatch)
    {
        weights = new PartWeights(parts, Cut, epoch);
        return parts.Data.Train.Batches(parts.Settings.BatchSize, epoch, Cut, startBatch).GetEnumerator();
    }

    /// <summary>The backward passes of this rank's parts of a batch.</summary>
    /// <param name="batches">Gives them in their order.</param>
    /// <param name="index">The batch.</param>
    /// <param name="isLast">Whether it is the step's last.</param>
    /// <param name="clock">Is told what goes on.</param>
    public void Backward(IEnumerator<Batch> batches, int index, bool isLast, PhaseClock clock)
    {
        if (index % accumulate == 0) BeginStep();
        int samples = weights!.SamplesOf(index), last = Cut.End - 1;
        long all = weights.OfStep(index);
        while (last >= Cut.First && weights.Of(index, last) == 0) last--;
        stepSamples += samples;
        for (int i = 0; i < dropouts.Length; i++) passes[i] = dropouts[i].Passes;
        for (int part = Cut.First; part < Cut.End; part++)
        {
            int count = Cut.CountOf(samples, part);
            if (count == 0) continue;
            ownSamples += count;
            clock.Start(Phase.Data);
            if (!batches.MoveNext()) throw new InvalidOperationException($"Training: data '{parts.Settings.Data}' ended before batch {index}.");
            clock.Stop();
            int weight = weights.Of(index, part);
            // No token of it has a label: its mean would be none. Where others of the batch have one, the batch is a pass of which the step's later batches must know.
            bool isPass = weight > 0 || (dropouts.Length > 0 && !isLast && weights.Of(index) > 0);
            if (!isPass) continue;
            // Every part draws as in the batch of which it is a part.
            for (int i = 0; i < dropouts.Length; i++) (dropouts[i].Passes, dropouts[i].Part) = (passes[i], (Cut.StartOf(samples, part), count));
            if (weight == 0)
            {
                using var scope = new Scope();
                clock.Start(Phase.Forward);
                _ = parts.Forward(batches.Current);
                clock.Stop();
                continue;
            }
            if (synchronised is not null) (synchronised.Samples, synchronised.Unit) = ((count, samples), parts.Optimizer.CommonUnit);
            losses[((index % accumulate) * slots) + part - Cut.First] = Backward(batches.Current, weight / (double)all, part - Cut.First, isLast && part == last, clock);
        }
        foreach (Dropout dropout in dropouts) dropout.Part = default;
    }

    /// <summary>Ends a step's backward passes: gradients, moments and streams are alike on all ranks.</summary>
    /// <param name="index">The step's last batch.</param>
    /// <param name="isCancelled">Whether this rank was asked to end the run.</param>
    /// <returns>The loss of each of the step's batches, with what it counts for; of those without labels none.</returns>
    public IReadOnlyList<(double Loss, long Weight)> Reduce(int index, bool isCancelled)
    {
        using CostScope booking = parts.Device.Counters.For(CostKind.Other, parts.Optimizer.CommonUnit);
        Span<long> words = MemoryMarshal.Cast<byte, long>(mine.AsSpan());
        words[0] = isCancelled ? 1 : 0;
        MemoryMarshal.Cast<double, long>(losses.AsSpan()).CopyTo(words[1..]);
        for (int i = 0; i < dropouts.Length; i++) words[1 + losses.Length + i] = dropouts[i].Passes;
        moments.Say(words[(1 + losses.Length + dropouts.Length)..]);
        parallel.Reduce(mine, all);
        int ranks = Communicator.Size, width = words.Length;
        ReadOnlySpan<long> heard = MemoryMarshal.Cast<byte, long>(all.AsSpan());
        IsCancelled = false;
        for (int rank = 0; rank < ranks; rank++)
        {
            ReadOnlySpan<long> of = heard.Slice(rank * width, width);
            IsCancelled |= of[0] != 0;
            // A rank without samples has not drawn, and has to go on as if it had.
            for (int i = 0; i < dropouts.Length; i++) dropouts[i].Passes = Math.Max(dropouts[i].Passes, of[1 + losses.Length + i]);
            moments.Hear(of[(1 + losses.Length + dropouts.Length)..]);
        }
        // What all have computed alike is no mean.
        if (synchronised is null) moments.Average(ownSamples / (float)stepSamples);
        return MeansOf(index, heard, width);
    }

    /// <summary>What the first rank measures, on all: it is the same everywhere, whatever the machines.</summary>
    public MetricValue[] Shared(int count, Func<MetricValue[]> measure)
    {
        MetricValue[] found = IsFirst ? measure() : [];
        if (Communicator.Size == 1) return found;
        double[] own = [.. Enumerable.Range(0, count).Select(i => i < found.Length ? found[i].Scalar : 0)], heard = new double[count * Communicator.Size];
        Communicator.AllGather(MemoryMarshal.AsBytes(own.AsSpan()), MemoryMarshal.AsBytes(heard.AsSpan()));
        return IsFirst ? found : [.. heard.Take(count).Select(value => new MetricValue(value))];
    }

    /// <summary>The loss of this rank's parts of a batch, in one piece: what a step costs here.</summary>
    public static Tensor LossOf(RunParts parts, IEnumerable<Batch> ofBatch) => ofBatch.Select(parts.Loss).Aggregate((sum, loss) => sum + loss);

    public void Save(StateTree state) => state.Set("readyOrder", [.. parallel.ReadyOrder.Select(place => (long)place)]);

    /// <summary>Reads and checks; what it returns makes the change. A run that was alone has none.</summary>
    public Action Read(StateTree state)
    {
        if (!state.Contains("readyOrder")) return () => { };
        int[] order = [.. state.Integers("readyOrder", parallel.ReadyOrder.Count, -1, int.MaxValue).Select(place => (int)place)];
        return () => parallel.ReadyOrder = order;
    }

    /// <summary>Releases the buckets, while the model is there.</summary>
    public void Dispose() => parallel.Dispose();

    private void BeginStep()
    {
        Array.Fill(losses, double.NaN);
        (stepSamples, ownSamples) = (0, 0);
        moments.Begin();
        using CostScope booking = parts.Device.Counters.For(CostKind.Other, parts.Optimizer.CommonUnit);
        parallel.BeginStep(Cut.Count, accumulate == 1);
    }

    private double Backward(Batch batch, double share, int place, bool isLast, PhaseClock clock)
    {
        using var scope = new Scope();
        clock.Start(Phase.Forward);
        // In the step alone: what measures and probes runs on each rank by itself.
        foreach (BatchNorm norm in norms) norm.Ranks = synchronised;
        Tensor loss = parts.Loss(batch);
        foreach (BatchNorm norm in norms) norm.Ranks = null;
        Tensor weighted = share == 1 ? loss : loss * share;
        clock.Start(Phase.Backward);
        parallel.BeginPass(isLast);
        weighted.Backward(null, parallel);
        parallel.EndPass(place);
        clock.Stop();
        // It costs nothing where a primitive has finished when its method returns, as on the CPU.
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        return loss.Item();
    }

    /// <summary>Means over all parts, added in their order.</summary>
    private List<(double Loss, long Weight)> MeansOf(int index, ReadOnlySpan<long> heard, int width)
    {
        means.Clear();
        for (int batch = index - (index % accumulate); batch <= index; batch++)
        {
            long weight = weights!.Of(batch);
            double sum = 0;
            for (int rank = 0; rank < Communicator.Size; rank++)
            {
                BatchCut cut = BatchCut.Of(Cut.Parts, rank, Communicator.Size);
                for (int part = cut.First; part < cut.End; part++)
                {
                    if (weights.Of(batch, part) is > 0 and int own)
                        sum += own * BitConverter.Int64BitsToDouble(heard[(rank * width) + 1 + ((batch % accumulate) * slots) + part - cut.First]);
                }
            }
            if (weight > 0) means.Add((sum / weight, weight));
        }
        return means;
    }
}
