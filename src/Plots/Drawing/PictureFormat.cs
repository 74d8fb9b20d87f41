namespace ResearchFreeze.Plots;

/// <summary>The form of a picture's file.</summary>
public enum PictureFormat
{
    /// <summary>Pixels.</summary>
    Png,

    /// <summary>Lines and text.</summary>
    Svg,
}
