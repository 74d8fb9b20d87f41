using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The built-in optimizers and schedules.</summary>
public static class Optimizers
{
    /// <summary>Makes an optimizer for a model and a schedule.</summary>
    public static Catalogue<Func<ModuleBase, Schedule, Optimizer>> Catalogue()
    {
        var optimizers = new Catalogue<Func<ModuleBase, Schedule, Optimizer>>("optimizer");
        optimizers.Add("sgd", "sgd:momentum=0.9,decay=0.0001,nesterov=0,clip=0", "Stochastic gradient descent with momentum.", spec =>
        {
            float momentum = (float)spec.Real("momentum", 0.9), decay = (float)spec.Real("decay", 1e-4), clip = (float)spec.Real("clip", 0);
            int nesterov = spec.Integer("nesterov", 0);
            if (nesterov is not (0 or 1)) throw new ArgumentException($"'{spec}': nesterov must be 0 or 1, found {nesterov}.");
            return (model, schedule) => new Sgd(model, schedule, momentum, decay, nesterov == 1) { ClipNorm = clip };
        });
        optimizers.Add("adamw", "adamw:beta1=0.9,beta2=0.999,decay=0.01,clip=0", "Adam with decoupled weight decay (Loshchilov and Hutter 2019).", spec =>
        {
            float beta1 = (float)spec.Real("beta1", 0.9), beta2 = (float)spec.Real("beta2", 0.999), decay = (float)spec.Real("decay", 0.01), clip = (float)spec.Real("clip", 0);
            return (model, schedule) => new AdamW(model, schedule, beta1, beta2, weightDecay: decay) { ClipNorm = clip };
        });
        return optimizers;
    }

    /// <summary>Makes a schedule for a rate and a number of steps.</summary>
    public static Catalogue<Func<float, int, Schedule>> Schedules()
    {
        var schedules = new Catalogue<Func<float, int, Schedule>>("schedule");
        schedules.Add("constant", "constant", "The same rate throughout.", _ => (rate, _) => new Constant(rate));
        schedules.Add("cosine", "cosine:warmup=0", "Half a cosine down to zero, after a warm-up if asked for.", spec =>
        {
            // Below 1 a part of the run, whatever its length; from 1 on steps.
            double warmUp = spec.Real("warmup", 0);
            if (!(warmUp >= 0) || (warmUp >= 1 && (warmUp != Math.Truncate(warmUp) || warmUp > int.MaxValue)))
                throw new ArgumentException($"'{spec}': warmup is a part of the run in [0, 1), or a whole number of steps, found {warmUp.ToString(CultureInfo.InvariantCulture)}.");
            return (rate, steps) => (warmUp < 1 ? (int)Math.Round(warmUp * steps) : (int)warmUp) is > 0 and int rising ? new WarmUp(rising, new Cosine(rate, steps)) : new Cosine(rate, steps);
        });
        schedules.Add("step", "step:every=1/3 of the run,factor=0.1", "Multiplied by the factor after every so many steps.", spec =>
        {
            int every = spec.Integer("every", 0);
            float factor = (float)spec.Real("factor", 0.1);
            return (rate, steps) => new StepDecay(rate, every == 0 ? Math.Max(1, steps / 3) : every, factor);
        });
        schedules.Add("one-cycle", "one-cycle:rising=0.3", "Up to the rate and down to zero (Smith 2018).", spec =>
        {
            double rising = spec.Real("rising", 0.3);
            if (rising is not (>= 0 and <= 1)) throw new ArgumentException($"'{spec}': rising is a fraction in [0, 1], found {rising}.");
            return (rate, steps) => new OneCycle(rate, steps, (float)rising);
        });
        return schedules;
    }
}
