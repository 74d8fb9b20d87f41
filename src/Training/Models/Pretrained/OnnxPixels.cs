namespace ResearchFreeze.Training;

/// <summary>What an exported network takes for a pixel.</summary>
public enum OnnxPixels
{
    /// <summary>What torchvision's networks take: red, green, blue, each (value / 255 − mean) / deviation with the constants of ImageNet.</summary>
    Standardised,

    /// <summary>Blue, green, red from 0 to 255, less their mean.</summary>
    BlueGreenRed255,
}
