using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A fork as it is written in settings.</summary>
public static class ForkSpec
{
    /// <summary>Reads <c>step=120,freeze=stem</c>, <c>step=120,keep=stem</c> or <c>step=120,prefix=2</c>.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Fork Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Spec spec = Spec.Parse($"fork:{text}");
        int step = spec.Integer("step", -1), prefix = spec.Integer("prefix", 0);
        (string? keep, string? freeze) = (spec.Given("keep"), spec.Given("freeze"));
        spec.Finish();
        if (step < 0) throw new ArgumentException($"'{spec}': step must be 0 or more{(spec.Has("step") ? $", found {step}" : "")}.");
        if ((keep is null ? 0 : 1) + (freeze is null ? 0 : 1) + (spec.Has("prefix") ? 1 : 0) != 1) throw new ArgumentException($"'{spec}': expected one of keep, freeze and prefix.");
        return keep is not null ? Fork.Keep(step, keep) : freeze is not null ? Fork.Freeze(step, freeze) : Fork.FreezePrefix(step, prefix);
    }
}
