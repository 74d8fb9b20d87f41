using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The controller's settings as they are written: <c>checks=40,warmup=0.1,drop=5,margin=0.02,…</c>.</summary>
public static class ControlSpec
{
    /// <summary>How they are written.</summary>
    public const string Usage = "checks=40,warmup=0.1,drop=5,margin=0.02,thaw=0,probe=0,debt=0,guard=0,frozen=1,once=0,reference=1,paying=0";

    /// <summary>Settings that say what becomes of frozen units: without effect where nothing is frozen.</summary>
    internal static IReadOnlyList<string> OfFreezes { get; } = ["warmup", "drop", "margin", "thaw", "debt", "guard", "frozen", "once", "paying"];

    /// <summary>
    /// Forty checks a run, and for what follows scores warm-up in its first tenth and both thaw triggers, unless the spec says otherwise. <c>thaw</c> is the fraction of the run after which a unit is thawed, <c>probe</c> the checks
    /// between probes, <c>debt</c> what a probe thaws at, <c>guard</c> its margin, <c>frozen</c> the largest fraction that may be frozen, <c>once</c> the freezes at one check, <c>reference</c> the checks between references, for a
    /// criterion that compares with one, <c>paying</c> whether what cannot pay is refused.
    /// </summary>
    public static Func<int, FreezeOptions> Options(Spec spec, ICriterion criterion, IFreezeRule? rule = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(criterion);
        // A thaw from outside would spoil a plan, and break a budget.
        bool isPlan = rule is not null && Policy.FollowsPlan(rule), isKept = isPlan || (rule is not null && Policy.KeepsBudget(rule));
        double checks = spec.Real("checks", 40), warmUp = spec.Real("warmup", isPlan ? 0 : 0.1), drop = spec.Real("drop", isKept ? 0 : 5), margin = spec.Real("margin", isKept ? 0 : 0.02);
        double thaw = spec.Real("thaw", 0), debt = spec.Real("debt", 0), guard = spec.Real("guard", 0), frozen = spec.Real("frozen", 1);
        int probe = spec.Integer("probe", 0), once = spec.Integer("once", 0), reference = spec.Integer("reference", 1);
        bool paying = Rules.Flag(spec, "paying", false);
        if (!(checks >= 1)) throw new ArgumentException($"'{spec}': checks must be at least 1, found {checks}.");
        if (warmUp is not (>= 0 and < 1)) throw new ArgumentException($"'{spec}': warmup is a fraction in [0, 1), found {warmUp}.");
        if (thaw is not (>= 0 and < 1)) throw new ArgumentException($"'{spec}': thaw is a fraction in [0, 1), found {thaw}.");
        if (frozen is not (> 0 and <= 1)) throw new ArgumentException($"'{spec}': frozen is a fraction in (0, 1], found {frozen}{(frozen == 0 ? ", with which nothing can be frozen" : "")}.");
        // It is a limit at every moment: what thaws a unit, or keeps one from being frozen, would break it and not be made up for later.
        if (rule is not null && Policy.Unfiltered(rule) is MemoryBudget && OfFreezes.FirstOrDefault(key => key != "warmup" && spec.Has(key) && spec.Given(key) is not "0" && !(key == "frozen" && frozen == 1)) is { } breaking)
            throw new ArgumentException($"'{spec}': {breaking} would break a budget of memory, which holds from the first step on.");
        if (debt > 0 && probe == 0) throw new ArgumentException($"'{spec}': debt needs probes, as in probe=5.");
        if (reference != 1 && !criterion.Statistics.Any(statistic => (statistic.Reads & Reads.ReferenceModel) != 0))
            throw new ArgumentException($"'{spec}': reference={reference} has no effect: criterion {criterion.Name} compares with no reference.");
        // Made once for nothing, so that what is wrong is found with the rest of the settings.
        var settings = new FreezeOptions
        {
            RateDrop = drop,
            RegressionMargin = margin,
            ProbeEvery = probe,
            ProbeDebt = debt,
            GuardMargin = guard,
            MostFrozen = frozen,
            MostAtOnce = once == 0 ? int.MaxValue : once,
            ReferenceEvery = reference,
            Paying = paying,
        };
        return steps =>
        {
            FreezeOptions run = FreezeOptions.ForRun(steps, checks, warmUp);
            return settings with { RunSteps = steps, CheckEvery = run.CheckEvery, WarmUpSteps = run.WarmUpSteps, ThawAfterSteps = (int)Math.Ceiling(steps * thaw) };
        };
    }
}
