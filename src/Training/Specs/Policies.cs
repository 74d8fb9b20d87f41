using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The built-in policies and criteria.</summary>
public static class Policies
{
    /// <summary>The policy where none is given.</summary>
    public const string Default = "adaptive";

    /// <summary>The default policy, in code as on the command line: from the input on, it freezes what drifts nowhere or hardly moves.</summary>
    /// <param name="drift">How little the last displacements may agree in direction.</param>
    /// <param name="window">How many of them are looked at.</param>
    /// <param name="still">The weights' change, as a part of its largest, below which a unit hardly moves.</param>
    /// <param name="patience">Checks for which that must hold.</param>
    /// <param name="hysteresis">How many times the limit a score may reach while it is waited.</param>
    /// <param name="together">Whether the checks of all units count at the same time, and not one unit's after the other's.</param>
    /// <param name="loss">How much more loss than full training's all freezes together may be expected to cost, in nats, or as a part of the loss where it is no cross entropy; null: whatever they cost.</param>
    /// <param name="planned">Whether a unit also waits where that budget would save more later or on units behind it.</param>
    /// <param name="price">What says what a freeze costs; null: <see cref="AnnealingDebt"/>.</param>
    public static Policy Adaptive(double drift = 0.15, int window = 6, double still = 0.02, int patience = 4, double hysteresis = 2, bool together = false, double? loss = 0.01, ICriterion? price = null, bool planned = true) =>
        // Finished is a unit that shakes without going anywhere, or that hardly moves at all.
        new(
            new Priced(new AnyOf(Default, (new Drift(window), drift), (new WeightChange(), still)), price ?? new AnnealingDebt()),
            loss is { } budget ? new LossBudget(budget, patience, 1, hysteresis, together, planned) : new PrefixPatience(patience, 1, hysteresis, together: together));

    /// <summary>Freezes from the input on, once a criterion has stayed low.</summary>
    public static Policy PrefixPatience(ICriterion? criterion = null, int patience = 2, double threshold = 0.5, double hysteresis = 2, bool together = false) =>
        new(criterion ?? new WeightChange(), new PrefixPatience(patience, threshold, hysteresis, together: together));

    /// <summary>Freezes the first units from the first step on.</summary>
    public static Policy Static(int units) => new(new WeightChange(), new Static(units), steps => FreezeOptions.WithoutTriggers with { RunSteps = steps });

    /// <summary>Freezes nothing: full training, the control of every comparison.</summary>
    public static Policy Never() => new(new WeightChange(), new Never(), steps => FreezeOptions.WithoutTriggers with { RunSteps = steps });

    /// <summary>The built-in criteria.</summary>
    public static Catalogue<ICriterion> Criteria()
    {
        var criteria = new Catalogue<ICriterion>("criterion");
        criteria.Add("none", "none", "Measures nothing, for rules that follow a plan.", _ => new NoCriterion());
        criteria.Add("gradient-norm-size", "gradient-norm-size:norm=l2|l1|accumulated-l1|accumulated-l2", "Norm of the unit's gradient itself.", spec => new GradientNormSize(Measure(spec)));
        criteria.Add("gradient-norm-level", "gradient-norm-level:norm=l2|l1|accumulated-l1|accumulated-l2", "Norm of the unit's gradient, as part of its largest so far.", spec => new GradientNormLevel(Measure(spec)));
        criteria.Add("gradient-norm-change", "gradient-norm-change:norm=l2|l1|accumulated-l1|accumulated-l2", "Relative change of the gradient's norm between checks.", spec => new GradientNormChange(Measure(spec)));
        criteria.Add("gradient-difference", "gradient-difference", "How far a step's gradient is from the last one's (GradES).", _ => new GradientDifferenceSize());
        criteria.Add("gradient-snr", "gradient-snr:weight=0.1", "Signal-to-noise ratio of the gradient.", spec => new GradientSnr((float)spec.Real("weight", 0.1)));
        criteria.Add("evidence-ratio", "evidence-ratio", "Square of the gradient over its variance along a tensor's first axis.", _ => new EvidenceRatio());
        criteria.Add("relative-gradient-norm", "relative-gradient-norm", "Gradient's norm over the weights' norm.", _ => new RelativeGradientNorm());
        criteria.Add("weight-change", "weight-change", "Relative change of the weights between checks, over its largest.", _ => new WeightChange());
        criteria.Add("weight-change-size", "weight-change-size:measure=relative|per-rate|absolute|absolute-l1|mean-relative", "Size of the weights' change between checks.", spec => new WeightChangeSize(WeightMeasureOf(spec)));
        criteria.Add("effective-perturbation", "effective-perturbation:decay=0.9", "Whether updates add up or cancel (APF).", spec => new PerturbationRatio((float)spec.Real("decay", 0.9)));
        criteria.Add("drift", "drift:checks=3", "Whether the last displacements point the same way or nowhere.", spec => new Drift(spec.Integer("checks", 3)));
        criteria.Add("annealing-debt", "annealing-debt:checks=3,corrected=0", "What freezing it now would cost, if it only shakes: what a falling rate would still gain.", spec => new AnnealingDebt(spec.Integer("checks", 3), Rules.Flag(spec, "corrected", false)));
        criteria.Add("remaining-gain", "remaining-gain:checks=3", "The same, and what it would still gain by going where it goes.", spec => new RemainingGain(spec.Integer("checks", 3)));
        criteria.Add("cut-bias", "cut-bias", "How far cutting the unit's residual branches turns the gradient upstream.", _ => new CutScore());
        criteria.Add("taylor-importance", "taylor-importance", "First-order estimate of what the unit's weights matter to the loss.", _ => new TaylorScore());
        criteria.Add("plasticity", "plasticity", "Similarity of the unit's output with a reference's (Egeria).", _ => new PlasticityLevel());
        criteria.Add("plasticity-slope", "plasticity-slope:window=10", "Slope of the smoothed plasticity, over its largest (Egeria).", spec => new PlasticitySlope(spec.Integer("window", 10)));
        criteria.Add("relative-step", "relative-step", "Mean relative change of the weights when it trained last (SlimFit).", _ => new RelativeStep());
        criteria.Add("cka-change", "cka-change", "Relative change of the kernel alignment between checks (SimFreeze).", _ => new AlignmentChange());
        criteria.Add("cka", "cka", "Kernel alignment of the unit's output with a reference's (SimFreeze).", _ => new AlignmentLoss());
        return criteria;
    }

    /// <summary>A catalogue with all of them and the published methods, to add more to.</summary>
    public static Catalogue<Policy> Catalogue(Catalogue<ICriterion> criteria)
    {
        ArgumentNullException.ThrowIfNull(criteria);
        var policies = new Catalogue<Policy>("policy");
        policies.Add("never", "never", "Freezes nothing: full training, the control of every comparison.", _ => Never());
        policies.Add("static", "static:units", "Freezes the first units from the first step on.", Static);
        policies.Add("prefix-patience", "prefix-patience:criterion=weight-change,patience=2,threshold=0.5,hysteresis=2,together=0", "Freezes from the input on, once a criterion has stayed low.", spec => PrefixPatience(spec, criteria));
        policies.Add(Default, "adaptive:drift=0.15,window=6,still=0.02,patience=4,hysteresis=2,together=0,loss=0.01|off,planned=1,price=debt|gain", "Freezes from the input on what drifts nowhere or hardly moves.", Adaptive);
        policies.Add("timeline", TimelineSpec.Usage, "Freezes each unit at a time of its own, whatever is measured.", TimelineSpec.Parse);
        foreach (Method method in Methods.All) policies.Add(method);
        return policies;
    }

    /// <summary>Adds a published method, or one of your own with a card, as a policy.</summary>
    /// <exception cref="ArgumentException">There is a policy of its name already.</exception>
    public static void Add(this Catalogue<Policy> policies, Method method)
    {
        ArgumentNullException.ThrowIfNull(policies);
        ArgumentNullException.ThrowIfNull(method);
        policies.Add(new CatalogueEntry(method.Card.Name, method.Card.Usage, method.Card.Summary) { Details = [.. method.Card.Details] }, spec => method.Policy(Given(spec, method.Card)));
    }

    private static Dictionary<string, string> Given(Spec spec, MethodCard card)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (MethodSetting setting in card.Settings)
        {
            if (spec.Given(setting.Name) is { } value) given.Add(setting.Name, value);
        }
        return given;
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
        return Static(numbers[0]);
    }

    private static Policy PrefixPatience(Spec spec, Catalogue<ICriterion> criteria)
    {
        ICriterion criterion = criteria.Create(spec.Word("criterion", "weight-change"));
        return PrefixPatience(criterion, spec.Integer("patience", 2), spec.Real("threshold", 0.5), spec.Real("hysteresis", 2), Rules.Flag(spec, "together", false)) with { Options = ControlSpec.Options(spec, criterion) };
    }

    private static Policy Adaptive(Spec spec)
    {
        // The window first, since a message names what was asked for in this order.
        int window = spec.Integer("window", 6);
        Policy policy = Adaptive(
            spec.Real("drift", 0.15), window, spec.Real("still", 0.02), spec.Integer("patience", 4), spec.Real("hysteresis", 2), Rules.Flag(spec, "together", false),
            spec.Word("loss", "0.01") == "off" ? null : spec.Real("loss", 0.01), spec.Choice("price", "debt", "gain") == "gain" ? new RemainingGain() : new AnnealingDebt(), Rules.Flag(spec, "planned", true));
        // With 0 the rule by itself would not ask for scores.
        if (spec.Integer("patience", 4) is < 1 and var patience) throw new ArgumentException($"'{spec}': patience must be at least 1, found {patience}.");
        if (spec.Word("loss", "") == "off" && (spec.Has("price") || spec.Has("planned"))) throw new ArgumentException($"'{spec}': {(spec.Has("price") ? "price" : "planned")} has no effect beside loss=off.");
        return policy with { Options = ControlSpec.Options(spec, policy.Criterion) };
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
        Func<int, FreezeOptions> options = ControlSpec.Options(control, criterion, rule);
        control.Finish();
        if (rule is Never && ControlSpec.OfFreezes.FirstOrDefault(control.Has) is { } idle) throw new ArgumentException($"'{control}': {idle} has no effect: rule never freezes nothing.");
        return new Policy(criterion, rule, options);
    }
}
