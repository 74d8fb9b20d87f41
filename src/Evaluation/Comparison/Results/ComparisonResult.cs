using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A comparison's runs as they are now, and what follows from them. What has not been run is missing, and said to be.</summary>
public sealed class ComparisonResult
{
    private const int MostNamed = 4;

    // By seeds: methods that have the same are held against the same draws.
    private readonly Dictionary<string, ControlRuns> controls = [];

    private ComparisonResult(string folder, ComparisonPlan plan, IReadOnlyList<ComparedRun> runs)
    {
        (Folder, Plan, Runs) = (folder, plan, runs);
        Series = [.. runs.GroupBy(run => (run.Plan.Role, run.Plan.Method, run.Plan.Fraction, Schedule: run.Plan.Settings["--schedule"])).Select(group => new ComparedSeries(
            NameOf(group.First().Plan), group.Key.Role, group.Key.Fraction, group.Key.Schedule.Split(':')[0], [.. group]))];
        Reference = Series.First(series => series.Name == ControlLengths.Never);
        BestPrefix = Best();
        Full = Measured(Reference);
        ComparedSeries[] others = [.. Series.Where(series => series.Role == RunRole.Other)];
        Methods = [.. Series.Where(series => series.Role == RunRole.Method && series != Reference).Concat(BestPrefix is { Role: RunRole.Prefix } prefix ? [prefix] : []).Concat(others).Select(Measured)];
        // One that is compared as a method is not run twice, and is the method's control all the same.
        IEnumerable<ComparedSeries> compared = Series.Where(series => series.Role == RunRole.Method && series != Controlled && TrainedStart.IsControl(series.Method));
        ComparedSeries[] controls = [.. BestPrefix is { } best ? [best] : Array.Empty<ComparedSeries>(), .. Controlled is null ? [] : compared.Concat(others).Where(series => series.Counted.Count > 0)];
        (ComparedSeries, ComparedSeries)[] pairs = [.. Methods.Select(method => (method.Series, Reference)), .. controls.Select(control => (Controlled!, control))];
        Pairs = [.. plan.Primary == "loss" ? [] : ComparedPair.Of(pairs, plan.Primary, plan.HigherIsBetter, plan.LossInNats), .. ComparedPair.Of(pairs, "loss", higherIsBetter: false, plan.LossInNats)];
    }

    /// <summary>The comparison's folder.</summary>
    public string Folder { get; }

    /// <summary>The plan.</summary>
    public ComparisonPlan Plan { get; }

    /// <summary>All runs, in the plan's order.</summary>
    public IReadOnlyList<ComparedRun> Runs { get; }

    /// <summary>The same, those that differ in their seed together.</summary>
    public IReadOnlyList<ComparedSeries> Series { get; }

    /// <summary>Full training with the recipe.</summary>
    public ComparedSeries Reference { get; }

    /// <summary>The static prefix that the method with controls is held against: with no more operations than it (1 % are allowed for), the best by its loss on validation data, or the cheapest where none is that cheap. Null: there is none.</summary>
    public ComparedSeries? BestPrefix { get; }

    /// <summary>What was found about full training with the recipe: a ratio above 1 says that a shorter full run is as good.</summary>
    public ComparedMethod Full { get; }

    /// <summary>The methods, the best static prefix, and the other controls.</summary>
    public IReadOnlyList<ComparedMethod> Methods { get; }

    /// <summary>Each method beside full training, and the method with controls beside its best static prefix and its other controls.</summary>
    public IReadOnlyList<ComparedPair> Pairs { get; }

    /// <summary>What freezes were expected to cost, and cost, of the methods that said it.</summary>
    public IReadOnlyList<ComparedPrice> Prices => ComparedPrice.Of(Methods.Select(method => method.Series), Reference);

    /// <summary>The lengths of full training with a schedule, from the shortest.</summary>
    public IEnumerable<IReadOnlyList<ComparedSeries>> Curves => Series.Where(series => series.Role == RunRole.Control).GroupBy(series => series.Schedule).Select(curve => (IReadOnlyList<ComparedSeries>)[.. curve.OrderBy(series => series.Fraction)]);

    /// <summary>Where the runs were made: each machine, build and device once; empty: none has said it.</summary>
    public IReadOnlyList<RunEnvironment> Environments => [.. Runs.Select(run => run.Environment).OfType<RunEnvironment>().Distinct()];

    /// <summary>What somebody should know before believing the numbers, a sentence each.</summary>
    public IReadOnlyList<string> Remarks
    {
        get
        {
            var remarks = new List<string>();
            int missing = Runs.Count(run => run.State is RunState.Missing or RunState.Unfinished);
            if (missing > 0) remarks.Add($"{missing} of {Runs.Count} runs are not done; seeds are compared where both sides have them.");
            foreach (ComparedRun damaged in Runs.Where(run => run.State == RunState.Damaged)) remarks.Add($"{damaged.Plan.Name} is left out: {damaged.Problem}. Without its folder, 'freeze compare … --only-missing' makes it anew.");
            if (ControlLengths.Equal(Plan.Steps) is { } equal) remarks.Add(equal);
            // Where a recipe fails, it fails with every seed: what many runs share is said once.
            foreach (IGrouping<string?, ComparedRun> failed in Runs.Where(run => run.State == RunState.Failed).GroupBy(run => run.Summary!.Failure)) remarks.Add($"{Named(failed, "failed and is", "failed and are")} left out: {failed.Key}.");
            if (Runs.Any(run => run.State == RunState.Done && !run.Counts)) remarks.Add($"{Named(Runs.Where(run => run.State == RunState.Done && !run.Counts), "has no finite loss on test data and is", "have no finite loss on test data and are")} left out.");
            if (Runs.Any(run => run.Summary?.AtChance == true)) remarks.Add($"{Named(Runs.Where(run => run.Summary?.AtChance == true), "ended no better than guessing; it is", "ended no better than guessing; they are")} counted.");
            if (Overfitting() is { } overfitting) remarks.Add(overfitting);
            if (Plan.Seeds.Count < EquivalentCompute.LeastSeeds) remarks.Add($"With {Plan.Seeds.Count} {(Plan.Seeds.Count == 1 ? "seed" : "seeds")} intervals are wide, and ratios have none: {EquivalentCompute.LeastSeeds} are the least for one.");
            if (Plan.Seeds.Count < SignFlip.LeastSeeds) remarks.Add($"Nothing is tested for significance with fewer than {SignFlip.LeastSeeds} seeds.");
            if (Environments.Count > 1) remarks.Add($"Runs were made in {Environments.Count} environments, which are listed below: numbers may differ in their last bits, and seconds do.");
            if (Plan.Jobs > 1) remarks.Add($"{Plan.Jobs} runs were made at a time: they shared the machine, so that their seconds say little.");
            return remarks;
        }
    }

    private ComparedSeries? Controlled => Series.FirstOrDefault(series => series.Role == RunRole.Method && series.Method == Plan.ControlsOf);

    /// <summary>Reads a comparison's folder.</summary>
    /// <exception cref="FormatException">The plan is none of a comparison.</exception>
    /// <exception cref="IOException">There is no comparison, or its plan cannot be read.</exception>
    public static ComparisonResult Read(string folder)
    {
        var plan = ComparisonPlan.Read(folder);
        if (!plan.All.Any(run => NameOf(run) == ControlLengths.Never)) throw new FormatException($"'{Path.Combine(folder, ComparisonPlan.File)}' is not a comparison's plan: it has no full training.");
        return new ComparisonResult(folder, plan, [.. plan.All.Select(run => ComparedRun.Read(folder, run))]);
    }

    private static string Named(IEnumerable<ComparedRun> runs, string one, string many)
    {
        string[] names = [.. runs.Select(run => run.Plan.Name)];
        return names.Length switch
        {
            1 => $"{names[0]} {one}",
            <= MostNamed => $"{string.Join(", ", names[..^1])} and {names[^1]} {many}",
            _ => $"{string.Join(", ", names[..(MostNamed - 1)])} and {names.Length - MostNamed + 1} more {many}",
        };
    }

    private static string NameOf(PlannedRun run) =>
        run.Role != RunRole.Control ? run.Method
        : run.Name.StartsWith($"{ControlLengths.Never}-s", StringComparison.Ordinal) ? ControlLengths.Never
        : FormattableString.Invariant($"full {100 * run.Fraction:F0} %, {run.Settings["--schedule"].Split(':')[0]}");

    private ComparedSeries? Best()
    {
        if (Controlled is not { Counted.Count: > 0 } controlled) return null;
        ComparedSeries[] prefixes = [.. Series.Where(series => series.Counted.Count > 0 && series != controlled && (series.Role == RunRole.Prefix || (series.Role == RunRole.Method && series.Method.StartsWith("static:", StringComparison.Ordinal))))];
        double most = 1.01 * controlled.Counted.Average(run => run.Operations);
        return prefixes.Where(series => series.Counted.Average(run => run.Operations) <= most).MinBy(series => series.Counted.Average(run => run.ValidationLoss)) ?? prefixes.MinBy(series => series.Counted.Average(run => run.Operations));
    }

    private ComparedMethod Measured(ComparedSeries method)
    {
        ComparedRun[] paired = [.. method.Counted.Where(run => Reference.Of(run.Plan.Seed) is not null)];
        PairedDifference? operations = paired.Length == 0 ? null : PairedDifference.Of([.. paired.Select(run => run.Operations / Reference.Of(run.Plan.Seed)!.Operations)]);
        PairedDifference? seconds = paired.Length == 0 ? null : PairedDifference.Of([.. paired.Select(run => 1 - (run.Seconds / Reference.Of(run.Plan.Seed)!.Seconds))]);
        IReadOnlyList<ComparedSeries>[] curves = [.. Curves];
        ulong[] seeds = [.. method.Counted.Select(run => run.Plan.Seed).Where(seed => curves.All(curve => curve.All(length => length.Of(seed) is not null)))];
        return new ComparedMethod(method, operations, seconds, Compute("loss", run => run.Loss), Plan.Primary == "loss" ? null : Compute(Plan.Primary, run => Plan.HigherIsBetter ? -run.Primary : run.Primary));

        EquivalentCompute? Compute(string endpoint, Func<ComparedRun, double> lossOf)
        {
            if (seeds.Length == 0) return null;
            string key = $"{endpoint} {string.Join(' ', seeds)}";
            if (!controls.TryGetValue(key, out ControlRuns? control)) controls.Add(key, control = new ControlRuns([.. curves.Select(curve => curve.Select(Costs).ToArray())]));
            RunCost[] mine = Costs(method);
            return control.Lengths.Append(mine).All(runs => runs.All(run => double.IsFinite(run.Loss))) ? EquivalentCompute.Of(mine, control) : null;

            RunCost[] Costs(ComparedSeries series) => [.. seeds.Select(seed => series.Of(seed)!).Select(run => new RunCost(run.Operations, lossOf(run)))];
        }
    }

    /// <summary>Where a shorter full run has clearly less loss than full training: what the ratio by the loss is then worth.</summary>
    private string? Overfitting()
    {
        if (Plan.Primary == "loss") return null;
        (ComparedSeries Shorter, PairedDifference Less)[] shorter =
        [
            .. Series.Where(series => series is { Role: RunRole.Control, Fraction: < 1 })
                .Select(series => (series, series.Counted.Where(run => Reference.Of(run.Plan.Seed) is not null).Select(run => Reference.Of(run.Plan.Seed)!.Loss - run.Loss).ToArray()))
                .Where(one => one.Item2.Length > 1).Select(one => (one.series, PairedDifference.Of(one.Item2))).Where(one => one.Item2.Low > 0),
        ];
        if (shorter.Length == 0) return null;
        (ComparedSeries best, PairedDifference less) = shorter.MaxBy(one => one.Less.Mean);
        return FormattableString.Invariant($"By its loss full training goes on for too long: '{best.Name}' has {less.Mean:F4} less ({less.Low:F4} to {less.High:F4}). Any run that learns less gains by that, and ECR by loss compares with it; ECR by {Plan.Primary} says what freezing is worth beside it.");
    }
}
