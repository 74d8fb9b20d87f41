using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// Schedules as they are written on the command line.
public static partial class Optimizers
{
    /// <summary>
    /// Makes a schedule for a rate and a number of steps. Every built-in one but <c>one-cycle</c>, which rises by itself, takes <c>warmup</c>: below 1 a part of the run, from 1 on steps, over which the schedule is multiplied
    /// with (step + 1) / warmup (<see cref="WarmUp"/>). A warm-up that leaves no step of the run is an <see cref="ArgumentException"/> when the schedule is made.
    /// </summary>
    public static Catalogue<Func<float, int, Schedule>> Schedules()
    {
        var schedules = new Catalogue<Func<float, int, Schedule>>("schedule");
        schedules.Add("constant", "constant:warmup=0", "The same rate throughout.", spec => Warmed(spec, (rate, _) => new Constant(rate)));
        schedules.Add("cosine", "cosine:warmup=0", "Half a cosine down to zero, after a warm-up if asked for.", spec => Warmed(spec, (rate, steps) => new Cosine(rate, steps)));
        schedules.Add("linear", "linear:warmup=0", "A straight line down to zero.", spec => Warmed(spec, (rate, steps) => new Polynomial(rate, steps)));
        schedules.Add("polynomial", "polynomial:power=2,end=0,warmup=0", "Down to the end, a rate, along a power of the part of the run that is left.", spec =>
        {
            float power = (float)spec.Real("power", 2), end = (float)spec.Real("end", 0);
            return Warmed(spec, (rate, steps) => new Polynomial(rate, steps, power, end));
        });
        schedules.Add("step", "step:every=1/3 of the run,factor=0.1,warmup=0", "Multiplied by the factor after every so many steps.", spec =>
        {
            int every = spec.Integer("every", 0);
            float factor = (float)spec.Real("factor", 0.1);
            return Warmed(spec, (rate, steps) => new StepDecay(rate, every == 0 ? Math.Max(1, steps / 3) : every, factor));
        });
        schedules.Add("plateau", "plateau:patience=2,factor=0.1,margin=0,warmup=0", "Multiplied by the factor when validation has not become better for so many epochs.", spec =>
        {
            int patience = spec.Integer("patience", 2);
            float factor = (float)spec.Real("factor", 0.1);
            double margin = spec.Real("margin", 0);
            // Made once for nothing, so that what is wrong is found with the rest of the settings.
            _ = new Plateau(1, patience, factor, margin);
            return Warmed(spec, (rate, _) => new Plateau(rate, patience, factor, margin));
        });
        schedules.Add("one-cycle", "one-cycle:rising=0.3", "Up to the rate and down to zero (Smith 2018).", spec =>
        {
            double rising = spec.Real("rising", 0.3);
            if (rising is not (>= 0 and <= 1)) throw new ArgumentException($"'{spec}': rising is a fraction in [0, 1], found {rising.ToString(CultureInfo.InvariantCulture)}.");
            return (rate, steps) => new OneCycle(rate, steps, (float)rising);
        });
        return schedules;
    }

    /// <summary>A schedule after the warm-up that a spec asks for. Below 1 it is a part of the run, whatever its length; from 1 on steps.</summary>
    private static Func<float, int, Schedule> Warmed(Spec spec, Func<float, int, Schedule> make)
    {
        double warmUp = spec.Real("warmup", 0);
        if (!(warmUp >= 0) || (warmUp >= 1 && (warmUp != Math.Truncate(warmUp) || warmUp > int.MaxValue)))
            throw new ArgumentException($"'{spec}': warmup is a part of the run in [0, 1), or a whole number of steps, found {warmUp.ToString(CultureInfo.InvariantCulture)}.");
        return (rate, steps) =>
        {
            Schedule then = make(rate, steps);
            int rising = warmUp < 1 ? (int)Math.Round(warmUp * steps) : (int)warmUp;
            if (rising == 0) return then;
            if (rising >= steps) throw new ArgumentException($"'{spec}': expected a warm-up shorter than the run of {steps} steps, found one of {rising}.");
            return new WarmUp(rising, then);
        };
    }
}
