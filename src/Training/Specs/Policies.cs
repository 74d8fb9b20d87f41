using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A criterion and a rule with their defaults. The controller's settings depend on the run's length.</summary>
/// <param name="Criterion">Scores units.</param>
/// <param name="Rule">Decides.</param>
/// <param name="Options">The controller's settings for a run of this many steps.</param>
public sealed record Policy(ICriterion Criterion, IFreezeRule Rule, Func<int, FreezeOptions> Options)
{
    /// <summary>The same, but a recorded run's decisions are repeated.</summary>
    public Policy Replaying(DecisionRecord record) => this with { Options = steps => Options(steps) with { Replay = record } };
}

/// <summary>The built-in policies and criteria.</summary>
public static class Policies
{
    /// <summary>The policy where none is given.</summary>
    public const string Default = "adaptive";

    /// <summary>The built-in criteria.</summary>
    public static Catalogue<ICriterion> Criteria()
    {
        var criteria = new Catalogue<ICriterion>("criterion");
        criteria.Add("gradient-norm-level", "gradient-norm-level:norm=l2|l1|accumulated-l1|accumulated-l2", "Norm of the unit's gradient, as part of its largest so far.", spec => new GradientNormLevel(Measure(spec)));
        criteria.Add("gradient-norm-change", "gradient-norm-change:norm=l2|l1|accumulated-l1|accumulated-l2", "Relative change of the gradient's norm between checks.", spec => new GradientNormChange(Measure(spec)));
        criteria.Add("gradient-snr", "gradient-snr:weight=0.1", "Signal-to-noise ratio of the gradient.", spec => new GradientSnr((float)spec.Real("weight", 0.1)));
        criteria.Add("relative-gradient-norm", "relative-gradient-norm", "Gradient's norm over the weights' norm.", _ => new RelativeGradientNorm());
        criteria.Add("weight-change", "weight-change", "Relative change of the weights between checks, over its largest.", _ => new WeightChange());
        criteria.Add("weight-change-size", "weight-change-size:measure=relative|per-rate|absolute|absolute-l1|mean-relative", "Size of the weights' change between checks.", spec => new WeightChangeSize(WeightMeasureOf(spec)));
        criteria.Add("effective-perturbation", "effective-perturbation:decay=0.9", "Whether updates add up or cancel (APF).", spec => new PerturbationRatio((float)spec.Real("decay", 0.9)));
        criteria.Add("drift", "drift:checks=3", "Whether the last displacements point the same way or nowhere.", spec => new Drift(spec.Integer("checks", 3)));
        criteria.Add("taylor-importance", "taylor-importance", "First-order estimate of what the unit's weights matter to the loss.", _ => new TaylorScore());
        criteria.Add("plasticity", "plasticity", "Similarity of the unit's output with a reference's (Egeria).", _ => new PlasticityLevel());
        criteria.Add("cka", "cka", "Kernel alignment of the unit's output with a reference's (SimFreeze).", _ => new AlignmentLoss());
        return criteria;
    }

    /// <summary>A catalogue with all of them, to add more to.</summary>
    public static Catalogue<Policy> Catalogue(Catalogue<ICriterion> criteria)
    {
        ArgumentNullException.ThrowIfNull(criteria);
        var policies = new Catalogue<Policy>("policy");
        policies.Add("never", "never", "Freezes nothing: full training, the control of every comparison.", _ => new Policy(new WeightChange(), new Never(), _ => FreezeOptions.WithoutTriggers));
        policies.Add("static", "static:units", "Freezes the first units from the first step on.", Static);
        policies.Add("prefix-patience", "prefix-patience:criterion=weight-change,patience=2,threshold=0.5,hysteresis=2", "Freezes from the input on, once a criterion has stayed low.", spec => PrefixPatience(spec, criteria));
        policies.Add(Default, "adaptive:drift=0.15,window=6,still=0.02,patience=4,hysteresis=2", "Freezes from the input on what drifts nowhere or hardly moves.", Adaptive);
        return policies;
    }

    private static GradientMeasure Measure(Spec spec) => spec.Choice("norm", "l2", "l1", "accumulated-l1", "accumulated-l2") switch
    {
        "l1" => GradientMeasure.L1,
        "accumulated-l1" => GradientMeasure.AccumulatedL1,
        "accumulated-l2" => GradientMeasure.AccumulatedL2,
        _ => GradientMeasure.L2,
    };

    private static WeightMeasure WeightMeasureOf(Spec spec) => spec.Choice("measure", "relative", "per-rate", "absolute", "absolute-l1", "mean-relative") switch
    {
        "per-rate" => WeightMeasure.PerRate,
        "absolute" => WeightMeasure.Absolute,
        "absolute-l1" => WeightMeasure.AbsoluteL1,
        "mean-relative" => WeightMeasure.MeanRelative,
        _ => WeightMeasure.Relative,
    };

    private static Policy Static(Spec spec)
    {
        int[] numbers = spec.Integers();
        if (numbers.Length != 1) throw new ArgumentException($"'{spec}': expected static:units, for example static:2.");
        return new Policy(new WeightChange(), new Static(numbers[0]), _ => FreezeOptions.WithoutTriggers);
    }

    private static Policy PrefixPatience(Spec spec, Catalogue<ICriterion> criteria)
    {
        ICriterion criterion = criteria.Create(spec.Word("criterion", "weight-change"));
        return new Policy(criterion, new PrefixPatience(spec.Integer("patience", 2), spec.Real("threshold", 0.5), spec.Real("hysteresis", 2)), ControlSpec.Options(spec, criterion));
    }

    private static Policy Adaptive(Spec spec)
    {
        // Finished is a unit that shakes without going anywhere, or that hardly moves at all.
        var criterion = new AnyOf("adaptive", (new Drift(spec.Integer("window", 6)), spec.Real("drift", 0.15)), (new WeightChange(), spec.Real("still", 0.02)));
        return new Policy(criterion, new PrefixPatience(spec.Integer("patience", 4), 1, spec.Real("hysteresis", 2)), ControlSpec.Options(spec, criterion));
    }

    /// <summary>The policy that settings name, or the one that their criterion and rule make.</summary>
    /// <exception cref="ArgumentException">A name or a setting is unknown, or both a policy and a criterion or a rule are given.</exception>
    public static Policy Of(RunSettings settings, RunCatalogues catalogues)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(catalogues);
        if (!settings.IsComposed)
        {
            if (settings.Control is not null) throw new ArgumentException($"control '{settings.Control}' needs a criterion or a rule; policy '{settings.PolicyText}' has settings of its own.");
            return catalogues.Policies.Create(settings.PolicyText);
        }
        if (settings.Policy is { } policy)
            throw new ArgumentException($"policy '{policy}' is a criterion with a rule: give either it or --criterion and --rule, found both.");
        ICriterion criterion = catalogues.Criteria.Create(settings.Criterion ?? Rules.DefaultCriterion);
        IFreezeRule rule = Rules.Parse(settings.Rule ?? Rules.DefaultRule, catalogues.Rules, catalogues.Filters);
        // A spec without its name, which would say nothing here.
        Spec control = Spec.Parse(settings.Control is null ? "control" : $"control:{settings.Control}");
        Func<int, FreezeOptions> options = ControlSpec.Options(control, criterion, rule is IScheduleRule or FilteredRule { Rule: IScheduleRule });
        control.Finish();
        if (rule is Never && ControlSpec.OfFreezes.FirstOrDefault(control.Has) is { } idle) throw new ArgumentException($"'{control}': {idle} has no effect: rule never freezes nothing.");
        return new Policy(criterion, rule, options);
    }
}
