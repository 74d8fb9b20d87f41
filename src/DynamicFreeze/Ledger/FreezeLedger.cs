using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What training did, by unit and kind, and what the same steps would have done with nothing frozen. Operations are nominal products (2·M·N·K); element-wise work is counted in bytes.
/// Full steps are counted when they happen, and told apart by their forward operations, which freezing does not change, those included that a cache has skipped; a size that was never seen unfrozen is scaled from the nearest
/// one that was.
/// </summary>
public sealed partial class FreezeLedger
{
    // A probe's or a statistic's work is training's too: freezing must pay for it.
    internal static readonly CostKind[] Training = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer, CostKind.Statistics, CostKind.Probe, CostKind.Cache, CostKind.Communication];

    // Freezing changes these; the optimizer's full cost follows from its cost an element.
    private static readonly CostKind[] Graph = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient];

    // What a step that is abandoned has done already.
    private static readonly CostKind[] OfSteps = [.. Graph, CostKind.Optimizer, CostKind.Communication];

    private readonly Device device;
    private readonly IReadOnlyList<FreezeUnit> units;
    private readonly Optimizer optimizer;
    private readonly StepCost start;
    private readonly StepCost before;
    private readonly StepCost after;
    private StepCost full;
    private readonly Dictionary<long, StepCost> fullSteps = [];
    private readonly Dictionary<long, int> counted = [];     // steps of the sizes that are known
    private readonly List<(long Forward, int Steps)> unseen = [];
    private long skippedBefore;
    private long trainedElementSteps;
    private long trainedParameterSteps;
    private long communicatedSteps;
    private long lastTick = Stopwatch.GetTimestamp();
    private readonly int[] numbers;
    private bool[][] kept;

    internal FreezeLedger(Controlled controlled)
    {
        (device, units, optimizer) = (controlled.Device, controlled.Units, controlled.Optimizer);
        numbers = [.. units.Select(unit => unit.Number), controlled.Numbers.Common];
        start = new StepCost(numbers.Length);
        before = new StepCost(numbers.Length);
        after = new StepCost(numbers.Length);
        full = new StepCost(numbers.Length);
        Read(start);
        Settle();
        Start();
    }

    /// <summary>Steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>Seconds from the end of one step to the end of the next, data included, evaluation not.</summary>
    public double Seconds { get; private set; }

    /// <summary>Whether some steps' full cost had to be scaled from another batch size.</summary>
    public bool IsScaled => unseen.Count > 0;

    /// <summary>Whether full training's cost is known: a step has run, or was measured, with nothing frozen.</summary>
    public bool IsFullKnown => unseen.Count == 0 || fullSteps.Count > 0;

    /// <summary>What was done for one kind, evaluation and other work included.</summary>
    public Cost Done(CostKind kind)
    {
        Cost sum = default;
        for (int unit = 0; unit < numbers.Length; unit++) sum += Booked(unit, kind);
        return sum;
    }

    /// <summary>What was done for one unit and kind.</summary>
    public Cost Done(int unit, CostKind kind) => Booked(unit, kind);

    /// <summary>What was done in all for training: forward, gradients, optimizer, statistics, probes, cache.</summary>
    public Cost Done() => Sum(Training, Done);

    /// <summary>What the same steps would have done with nothing frozen, for one kind. Freezing's own work is none of it.</summary>
    public Cost Full(CostKind kind)
    {
        if (kind == CostKind.Optimizer) return Sum(Enumerable.Range(0, numbers.Length), FullOptimizer);
        if (kind == CostKind.Communication) return Sum(Enumerable.Range(0, numbers.Length), FullCommunication);
        if (!Graph.Contains(kind)) return default;
        CheckKnown();
        return Sum(Enumerable.Range(0, units.Count + 1), unit => FullGraph(unit, kind));
    }

    /// <summary>What the same steps would have done with nothing frozen, for one unit and kind.</summary>
    public Cost Full(int unit, CostKind kind)
    {
        if (kind == CostKind.Optimizer) return FullOptimizer(unit);
        if (kind == CostKind.Communication) return FullCommunication(unit);
        if (!Graph.Contains(kind)) return default;
        CheckKnown();
        return FullGraph(unit, kind);
    }

    /// <summary>What the same steps would have done in all with nothing frozen.</summary>
    public Cost Full() => Sum(Training, Full);

    /// <summary>The fraction of full training's backward operations (input and weight gradients) that was not done.</summary>
    public double SavedBackward => Saved(Done(CostKind.InputGradient) + Done(CostKind.WeightGradient), Full(CostKind.InputGradient) + Full(CostKind.WeightGradient));

    /// <summary>The fraction of full training's operations that was not done, freezing's own work counted against it.</summary>
    public double SavedTotal => Saved(Done(), Full());

    /// <summary>The fraction of full training's bytes that were not given to other ranks; 0 where there are none.</summary>
    public double SavedCommunication => Full(CostKind.Communication).Bytes is > 0 and long all ? 1 - (Done(CostKind.Communication).Bytes / (double)all) : 0;

    /// <summary>The predicted fraction of full training's time that was not spent: from Σ max(operations / peak, bytes / bandwidth). NaN where the machine's rates are unknown.</summary>
    public double SavedPredicted => Full().BoundSeconds > 0 ? 1 - (Done().BoundSeconds / Full().BoundSeconds) : double.NaN;

    /// <summary>A full step of one unit, the largest batch seen; zero before one was.</summary>
    public Cost FullStep(int unit, CostKind kind)
    {
        if (kind == CostKind.Optimizer) return Steps == 0 ? default : Scale(FullOptimizer(unit), 1.0 / Steps);
        if (kind == CostKind.Communication) return communicatedSteps == 0 ? default : Scale(FullCommunication(unit), 1.0 / communicatedSteps);
        if (fullSteps.Count == 0 || !Graph.Contains(kind)) return default;
        return fullSteps[fullSteps.Keys.Max()][unit, (int)kind];
    }

    /// <summary>Bytes that a unit's calls keep for the backward pass in a full step, the largest batch seen; 0 before one was.</summary>
    public long FullStepKept(int unit) => fullSteps.Count == 0 ? 0 : fullSteps[fullSteps.Keys.Max()].Kept[unit];

    /// <summary>Bytes of these inputs that a unit in front has kept already, and that are its own where none in front keeps anything.</summary>
    public long FullStepShared(int unit) => fullSteps.Count == 0 ? 0 : fullSteps[fullSteps.Keys.Max()].Shared[unit];

    /// <summary>Bytes that a unit's calls kept for backward passes, summed over the steps.</summary>
    public long KeptBytes(int unit) => device.Counters.KeptBytes(numbers[unit]) - start.Kept[unit];

    /// <summary>What the same steps would have kept with nothing frozen.</summary>
    public long FullKeptBytes(int unit)
    {
        CheckKnown();
        double sum = full.Kept[unit];
        foreach ((long forward, int steps) in unseen) sum += fullSteps[Nearest(forward)].Kept[unit] * steps * (forward / (double)Nearest(forward));
        return (long)Math.Round(sum);
    }

    /// <summary>Bytes of a unit's optimizer state on the device now.</summary>
    public long OptimizerBytes(int unit) => units[unit].Parameters.Sum(optimizer.StateBytes);

    /// <summary>
    /// The share of a full step's backward operations that the present flags save, and the share they would save if nothing upstream of a frozen unit trained: from one full step's costs, with upstream taken as the units'
    /// order. Zero before a full step was seen.
    /// </summary>
    public (double Saved, double AsPrefix) SavedByFlags
    {
        get
        {
            double all = 0, saved = 0, asPrefix = 0;
            bool isPrefix = true;
            foreach (FreezeUnit unit in units)
            {
                double weights = FullStep(unit.Index, CostKind.WeightGradient).Flops, inputs = FullStep(unit.Index, CostKind.InputGradient).Flops;
                all += weights + inputs;
                // The first unit that trains needs no input gradient either: nothing upstream of it does.
                if (isPrefix || (unit.IsCut && unit.IsFrozen)) saved += inputs;
                isPrefix &= unit.IsFrozen;
                if (!unit.IsFrozen) continue;
                saved += weights;
                asPrefix += weights + inputs;
            }
            return all == 0 ? (0, 0) : (saved / all, Math.Max(saved, asPrefix) / all);
        }
    }

    /// <summary>Says so when frozen units lie behind trainable ones, so that their input gradients must still be computed; or when update masks save nothing. Null: nothing to say.</summary>
    public string? Warning
    {
        get
        {
            (double saved, double asPrefix) = SavedByFlags;
            if (asPrefix - saved > 0.005) return FormattableString.Invariant($"not a prefix: saves {100 * saved:F1} % instead of {100 * asPrefix:F1} % of the backward operations");
            long masked = units.SelectMany(unit => unit.Parameters).Sum(parameter => parameter.UpdateMask?.Frozen(parameter.Shape) ?? 0);
            return masked > 0 ? $"update masks keep {masked} scalars as they are, which saves no operations" : null;
        }
    }

    /// <summary>A readable table.</summary>
    public override string ToString() => LedgerTable.Of(this, units, device.Counters.Rates);

    /// <summary>"Nothing frozen" is what the user has frozen, and no more; what the user thaws later belongs to full training from then on, see <see cref="StepDone"/>.</summary>
    [MemberNotNull(nameof(kept))]
    internal void Start() => kept = [.. units.Select(unit => Enumerable.Range(0, unit.Parameters.Count).Select(unit.IsPinnedFrozen).ToArray())];

    /// <summary>A step is done: the optimizer has run, nothing was decided yet.</summary>
    internal void StepDone()
    {
        long now = Stopwatch.GetTimestamp();
        Seconds += Stopwatch.GetElapsedTime(lastTick, now).TotalSeconds;
        lastTick = now;
        Steps++;
        bool isFull = true, isThawed = false;
        foreach (FreezeUnit unit in units)
        {
            isFull &= unit.CutRate == 0 || !unit.IsCut;
            for (int i = 0; i < unit.Parameters.Count; i++)
            {
                if (unit.Parameters[i].IsFrozen)
                {
                    isFull &= kept[unit.Index][i];
                    continue;
                }
                trainedElementSteps += unit.Parameters[i].Shape.Count;
                trainedParameterSteps++;
                isThawed |= kept[unit.Index][i];
                kept[unit.Index][i] = false;
            }
        }
        if (isThawed) Forget();
        Read(after);
        if (HasCommunicated()) communicatedSteps++;
        long skipped = device.Counters.SkippedFlops - skippedBefore, forward = Forward() + skipped;
        // What a cache has read of a step is unknown to it.
        if (isFull && skipped == 0 && !fullSteps.ContainsKey(forward)) Learn(forward);
        if (fullSteps.ContainsKey(forward)) Add(forward, 1);
        else Unseen(forward, 1);
    }

    /// <summary>Everything since the last step was part of the step's check or none of training's business.</summary>
    internal void Settle()
    {
        Read(before);
        skippedBefore = device.Counters.SkippedFlops;
    }

    /// <summary>Neither the time until the next step begins nor the work since the last one is a step's.</summary>
    internal void Disregard()
    {
        lastTick = Stopwatch.GetTimestamp();
        Read(after);
        for (int unit = 0; unit < numbers.Length; unit++)
        {
            foreach (CostKind kind in OfSteps) start[unit, (int)kind] += after[unit, (int)kind] - before[unit, (int)kind];
            start.Kept[unit] += after.Kept[unit] - before.Kept[unit];
        }
        Settle();
    }

    /// <summary>The work since the last step was one full step that counts for nothing.</summary>
    internal void Measured()
    {
        Read(after);
        long forward = Forward();
        // Two batches of the same size cost the same.
        if (!fullSteps.ContainsKey(forward)) Learn(forward);
        Disregard();
    }

    private static double Saved(Cost done, Cost full) => full.Flops == 0 ? 0 : 1 - (done.Flops / (double)full.Flops);

    private static Cost Sum<T>(IEnumerable<T> items, Func<T, Cost> cost) => items.Aggregate(default(Cost), (sum, item) => sum + cost(item));

    private static Cost Scale(Cost cost, double factor) =>
        new((long)Math.Round(cost.Launches * factor), (long)Math.Round(cost.Flops * factor), (long)Math.Round(cost.Bytes * factor), cost.BoundSeconds * factor);

    private long Forward()
    {
        long sum = 0;
        for (int unit = 0; unit < numbers.Length; unit++) sum += (after[unit, (int)CostKind.Forward] - before[unit, (int)CostKind.Forward]).Flops;
        return sum;
    }

    private void Learn(long forward)
    {
        var step = new StepCost(units.Count + 1);
        for (int unit = 0; unit < numbers.Length; unit++)
        {
            foreach (CostKind kind in Graph) step[unit, (int)kind] = after[unit, (int)kind] - before[unit, (int)kind];
            step.Kept[unit] = after.Kept[unit] - before.Kept[unit];
            step.Shared[unit] = after.Shared[unit] - before.Shared[unit];
        }
        fullSteps.Add(forward, step);
        for (int i = unseen.Count - 1; i >= 0; i--)
        {
            if (unseen[i].Forward != forward) continue;
            Add(forward, unseen[i].Steps);
            unseen.RemoveAt(i);
        }
    }

    /// <summary>The user thawed what was full training's to leave frozen: full steps cost more than those that were seen, and all steps are priced anew.</summary>
    private void Forget()
    {
        foreach ((long forward, int steps) in counted) Unseen(forward, steps);
        counted.Clear();
        fullSteps.Clear();
        full = new StepCost(numbers.Length);
    }

    private void Add(long forward, int times)
    {
        StepCost step = fullSteps[forward];
        counted[forward] = counted.GetValueOrDefault(forward) + times;
        for (int unit = 0; unit < numbers.Length; unit++)
        {
            full.Kept[unit] += step.Kept[unit] * times;
            foreach (CostKind kind in Graph) full[unit, (int)kind] += Scale(step[unit, (int)kind], times);
        }
    }

    private void Unseen(long forward, int steps)
    {
        int index = unseen.FindIndex(entry => entry.Forward == forward);
        if (index < 0) unseen.Add((forward, steps));
        else unseen[index] = (forward, unseen[index].Steps + steps);
    }

    private void CheckKnown()
    {
        if (!IsFullKnown)
            throw new InvalidOperationException("Ledger: no step has run with nothing frozen, so full training's cost is unknown; call FreezeController.Measure once before the first step.");
    }

    /// <summary>What is known, and what is still unknown scaled from the nearest size that is known. Asking settles nothing: the size may yet be seen.</summary>
    private Cost FullGraph(int unit, CostKind kind)
    {
        Cost sum = full[unit, (int)kind];
        foreach ((long forward, int steps) in unseen)
        {
            long nearest = Nearest(forward);
            sum += Scale(fullSteps[nearest][unit, (int)kind], steps * (forward / (double)nearest));
        }
        return sum;
    }

    private long Nearest(long forward) => fullSteps.Keys.MinBy(known => Math.Abs(known - forward));

    private Cost Booked(int unit, CostKind kind) => device.Counters.Of(numbers[unit], kind) - start[unit, (int)kind];

    /// <summary>The optimizer does the same for every element that the user lets train, with as many launches for every parameter; what it does for all of them together does not depend on freezing.</summary>
    private Cost FullOptimizer(int unit)
    {
        if (unit == units.Count) return Booked(unit, CostKind.Optimizer);
        Cost updates = Sum(Enumerable.Range(0, units.Count), index => Done(index, CostKind.Optimizer));
        if (trainedElementSteps == 0) return default;
        Parameter[] trained = [.. units[unit].Parameters.Where((_, i) => !kept[unit][i])];
        double launches = updates.Launches * (trained.Length * (double)Steps / trainedParameterSteps);
        return Scale(updates, trained.Sum(parameter => (long)parameter.Shape.Count) * (double)Steps / trainedElementSteps) with { Launches = (long)Math.Round(launches) };
    }

    /// <summary>Every element that the user lets train, in every step that had other ranks to tell; what is not of parameters (running moments) does not depend on freezing here.</summary>
    private Cost FullCommunication(int unit)
    {
        if (unit == units.Count) return Booked(unit, CostKind.Communication);
        return new Cost(0, 0, units[unit].Parameters.Where((_, i) => !kept[unit][i]).Sum(parameter => (long)parameter.Shape.Count) * device.RealSize * communicatedSteps, 0);
    }

    private bool HasCommunicated()
    {
        for (int unit = 0; unit < numbers.Length; unit++)
        {
            if (after[unit, (int)CostKind.Communication].Bytes > before[unit, (int)CostKind.Communication].Bytes) return true;
        }
        return false;
    }

    private void Read(StepCost costs)
    {
        for (int unit = 0; unit < numbers.Length; unit++)
        {
            costs.Kept[unit] = device.Counters.KeptBytes(numbers[unit]);
            costs.Shared[unit] = device.Counters.SharedBytes(numbers[unit]);
            foreach (CostKind kind in StepCost.Kinds) costs[unit, (int)kind] = device.Counters.Of(numbers[unit], kind);
        }
    }
}
