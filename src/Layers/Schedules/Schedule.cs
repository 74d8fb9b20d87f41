namespace ResearchFreeze.Layers;

/// <summary>A learning rate for each step: the optimizer's step count says where it is. One that listens to measurements has a state, which is a part of the optimizer's.</summary>
public abstract class Schedule : IStateful
{
    /// <summary>The kind with all of its settings, for example <c>cosine:rate=0.05,steps=790,minimum=0</c>: an optimizer's state names its schedule so, and one of another key refuses it.</summary>
    public abstract string Key { get; }

    /// <summary>The learning rate of a step, counted from 0.</summary>
    public abstract float Rate(int step);

    /// <summary>Whether measurements (<see cref="Observe"/>) change the rates of later steps, so that those are not known ahead.</summary>
    public virtual bool FollowsMeasurements => false;

    /// <summary>Takes a measurement of validation data; most schedules do not care.</summary>
    /// <param name="step">Steps taken: the first step that may get another rate.</param>
    /// <param name="value">The measurement.</param>
    /// <param name="higherIsBetter">Which way is better.</param>
    public virtual void Observe(int step, double value, bool higherIsBetter)
    {
    }

    /// <inheritdoc/>
    public virtual void SaveState(StateTree state)
    {
    }

    /// <inheritdoc/>
    public virtual Action ReadState(StateTree state) => () => { };

    /// <summary>Checks a rate that must be positive and finite.</summary>
    protected static float Positive(float rate, string schedule)
    {
        if (!(rate > 0) || !float.IsFinite(rate)) throw new ArgumentOutOfRangeException(nameof(rate), $"{schedule}: the learning rate must be positive and finite, found {rate}.");
        return rate;
    }

    /// <summary>Checks a number of steps that must be positive.</summary>
    protected static int PositiveSteps(int steps, string schedule)
    {
        if (steps <= 0) throw new ArgumentOutOfRangeException(nameof(steps), $"{schedule}: the number of steps must be positive, found {steps}.");
        return steps;
    }
}
