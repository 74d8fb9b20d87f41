namespace ResearchFreeze.DynamicFreeze;

/// <summary>Where decisions come from: the rule and the triggers, or a recorded run. Both drive the same applier.</summary>
internal interface IDriver
{
    /// <summary>Before the first step.</summary>
    void AtStart();

    /// <summary>After a step.</summary>
    void AfterStep();

    /// <summary>After a measurement on validation data, between steps.</summary>
    void AtMeasurement(ValidationPoint point);

    /// <summary>Finds what would fail later.</summary>
    void CheckSettings();
}
