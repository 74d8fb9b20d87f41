using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The built-in optimizers and schedules.</summary>
public static partial class Optimizers
{
    // What layer-decay is where nobody asks for it.
    private const double NoDecay = 1;

    /// <summary>
    /// Makes an optimizer for a model and a schedule. Every built-in one takes <c>decay</c>, <c>clip</c> (<see cref="Optimizer.ClipNorm"/>) and <c>layer-decay</c>: below 1 the i-th block before the head trains at
    /// rate · layer-decay^i (<see cref="LayerDecay"/>).
    /// </summary>
    public static Catalogue<Func<ModuleBase, Schedule, Optimizer>> Catalogue()
    {
        var optimizers = new Catalogue<Func<ModuleBase, Schedule, Optimizer>>("optimizer");
        optimizers.Add("sgd", "sgd:momentum=0.9,nesterov=0,decay=0.0001,clip=0,layer-decay=1", "Stochastic gradient descent with momentum.", spec =>
        {
            float momentum = (float)spec.Real("momentum", 0.9);
            int nesterov = spec.Integer("nesterov", 0);
            if (nesterov is not (0 or 1)) throw new ArgumentException($"'{spec}': nesterov must be 0 or 1, found {nesterov}.");
            return Grouped(spec, 1e-4, (model, schedule, decay, clip, groups) => new Sgd(model, schedule, momentum, decay, nesterov == 1, groups) { ClipNorm = clip });
        });
        optimizers.Add("adam", "adam:beta1=0.9,beta2=0.999,eps=1e-8,decay=0,clip=0,layer-decay=1", "Adam with decay as a term of the gradient (Kingma and Ba 2015).", spec => Adam(spec, 0, coupled: true));
        optimizers.Add("adamw", "adamw:beta1=0.9,beta2=0.999,eps=1e-8,decay=0.01,clip=0,layer-decay=1", "Adam with decoupled weight decay (Loshchilov and Hutter 2019).", spec => Adam(spec, 0.01, coupled: false));
        optimizers.Add("lion", "lion:beta1=0.9,beta2=0.99,decay=0,clip=0,layer-decay=1", "Steps of one size by the sign of a momentum (Chen et al. 2023).", spec =>
        {
            float beta1 = (float)spec.Real("beta1", 0.9), beta2 = (float)spec.Real("beta2", 0.99);
            return Grouped(spec, 0, (model, schedule, decay, clip, groups) => new Lion(model, schedule, beta1, beta2, decay, groups) { ClipNorm = clip });
        });
        optimizers.Add("rmsprop", "rmsprop:alpha=0.99,eps=1e-8,momentum=0,decay=0,clip=0,layer-decay=1", "Gradients divided by the root of their mean square (Hinton 2012).", spec =>
        {
            float alpha = (float)spec.Real("alpha", 0.99), epsilon = (float)spec.Real("eps", 1e-8), momentum = (float)spec.Real("momentum", 0);
            return Grouped(spec, 0, (model, schedule, decay, clip, groups) => new RmsProp(model, schedule, alpha, epsilon, momentum, decay, groups) { ClipNorm = clip });
        });
        return optimizers;
    }

    private static Func<ModuleBase, Schedule, Optimizer> Adam(Spec spec, double decayOtherwise, bool coupled)
    {
        float beta1 = (float)spec.Real("beta1", 0.9), beta2 = (float)spec.Real("beta2", 0.999), epsilon = (float)spec.Real("eps", 1e-8);
        return Grouped(spec, decayOtherwise, (model, schedule, decay, clip, groups) => new AdamW(model, schedule, beta1, beta2, epsilon, decay, coupled, groups) { ClipNorm = clip });
    }

    /// <summary>Reads the settings that every optimizer has.</summary>
    private static Func<ModuleBase, Schedule, Optimizer> Grouped(Spec spec, double decayOtherwise, Func<ModuleBase, Schedule, float, float, ParameterGroup[], Optimizer> make)
    {
        float decay = (float)spec.Real("decay", decayOtherwise), clip = (float)spec.Real("clip", 0);
        double layers = spec.Real("layer-decay", NoDecay);
        if (layers is not (> 0 and <= NoDecay)) throw new ArgumentException($"'{spec}': layer-decay is a factor in (0, 1], found {layers.ToString(CultureInfo.InvariantCulture)}.");
        return (model, schedule) => make(model, schedule, decay, clip, layers == NoDecay ? [] : LayerDecay.Groups(model, (float)layers));
    }
}
