using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The built-in optimizers and schedules.</summary>
public static partial class Optimizers
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
}
